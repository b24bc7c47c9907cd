/** A scatter plot as SVG: dots with names, the Pareto front as stairs. Must not know what is plotted. */
import { numberText } from '../../gen/number-text.ts';
import type { Look } from '../../gen/number-text.ts';
import { escapeMarkup } from './markup.ts';

export interface Dot {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly isOnFront: boolean;
}
export interface AxisLabel {
  readonly title: string;
  readonly look: Look;
}

const WIDTH = 760;
const HEIGHT = 440;
const PLOT = { left: 84, right: WIDTH - 24, top: 16, bottom: HEIGHT - 52 } as const;
const RADIUS = 5;
/** From this ratio of largest to smallest on, an axis is logarithmic. */
const LOGARITHMIC_FROM = 4;

interface Scale {
  /** Pixel of a value. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}
interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** @param dots at least one */
export function scatterPlot(dots: readonly Dot[], x: AxisLabel, y: AxisLabel): string {
  const xs = scaleOf(dots.map((d) => d.x), PLOT.left, PLOT.right, 8);
  const ys = scaleOf(dots.map((d) => d.y), PLOT.bottom, PLOT.top, 6);
  const vertical = xs.ticks.map((t) => `<line class="grid" x1="${px(xs.at(t))}" x2="${px(xs.at(t))}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>`
    + `<text x="${px(xs.at(t))}" y="${PLOT.bottom + 18}" text-anchor="middle">${tickText(t, x.look)}</text>`);
  const horizontal = ys.ticks.map((t) => `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${px(ys.at(t))}" y2="${px(ys.at(t))}"/>`
    + `<text x="${PLOT.left - 8}" y="${px(ys.at(t) + 4)}" text-anchor="end">${tickText(t, y.look)}</text>`);
  const circles = dots.map((d) => `<circle class="dot${d.isOnFront ? ' front' : ''}" cx="${px(xs.at(d.x))}" cy="${px(ys.at(d.y))}" r="${RADIUS}">`
    + `<title>${escapeMarkup(`${d.name}: ${numberText(d.x, x.look)} ${x.title}, ${numberText(d.y, y.look)} ${y.title}`)}</title></circle>`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(`${y.title} over ${x.title}`)}">
${[...vertical, ...horizontal].join('\n')}
<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escapeMarkup(x.title)}</text>
<text transform="translate(16 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeMarkup(y.title)}</text>
${stairs(dots, xs, ys)}
${circles.join('\n')}
${labels(dots, xs, ys).join('\n')}
</svg>`;
}

function px(value: number): string {
  return String(Math.round(10 * value) / 10);
}

function tickText(value: number, look: Look): string {
  return escapeMarkup(numberText(Number(value.toPrecision(6)), look));
}

/** A scale from pixel `from` to pixel `to` with some room at both ends; logarithmic where values are far apart. */
function scaleOf(values: readonly number[], from: number, to: number, mostTicks: number): Scale {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const isLogarithmic = min > 0 && max / min >= LOGARITHMIC_FROM;
  const bend = isLogarithmic ? Math.log10 : (v: number): number => v;
  const span = bend(max) - bend(min);
  const room = span > 0 ? 0.08 * span : Math.max(1, 0.1 * Math.abs(max));
  const low = bend(min) - room;
  const high = bend(max) + room;
  const isInside = (t: number): boolean => bend(t) >= low && bend(t) <= high;
  const ticks = isLogarithmic ? logarithmicTicks(low, high).filter(isInside) : linearTicks(low, high, mostTicks);
  const every = Math.ceil(ticks.length / mostTicks);
  return { at: (v) => from + (to - from) * ((bend(v) - low) / (high - low)), ticks: ticks.filter((_, i) => i % every === 0) };
}

/** 1, 2 and 5 times the powers of ten; some more where there is not much more than one of them. */
function logarithmicTicks(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const multiples = high - low > 1.3 ? [1, 2, 5] : [1, 2, 3, 5, 7];
  return decades.flatMap((d) => multiples.map((m) => m * 10 ** d));
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function linearTicks(low: number, high: number, most: number): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** The front as stairs: what lies above and to the right of them is beaten. */
function stairs(dots: readonly Dot[], xs: Scale, ys: Scale): string {
  const front = dots.filter((d) => d.isOnFront).sort((a, b) => a.x - b.x || b.y - a.y);
  if (front.length < 2) return '';
  const steps = front.slice(1).map((d) => `H${px(xs.at(d.x))}V${px(ys.at(d.y))}`);
  return `<path class="front-line" d="M${px(xs.at(front[0].x))} ${px(ys.at(front[0].y))}${steps.join('')}"/>`;
}

/** Names beside their dots, those of the front first; a name that finds no room is left to the tooltip. */
function labels(dots: readonly Dot[], xs: Scale, ys: Scale): string[] {
  const around = (x: number, y: number): Box => ({ x0: x - RADIUS, x1: x + RADIUS, y0: y - RADIUS, y1: y + RADIUS });
  const taken = dots.map((d) => around(xs.at(d.x), ys.at(d.y)));
  const isFree = (b: Box): boolean => b.x0 >= PLOT.left && b.x1 <= PLOT.right && b.y0 >= PLOT.top && b.y1 <= PLOT.bottom
    && !taken.some((t) => b.x0 < t.x1 && t.x0 < b.x1 && b.y0 < t.y1 && t.y0 < b.y1);
  return [...dots].sort((a, b) => Number(b.isOnFront) - Number(a.isOnFront)).flatMap(({ name, x, y }) => {
    const width = 6.6 * name.length;
    const gap = RADIUS + 4;
    const offsets = [[gap, 4], [-gap - width, 4], [-width / 2, -gap], [-width / 2, gap + 10]];
    const places = offsets.map(([dx, dy]) => ({ left: xs.at(x) + dx, base: ys.at(y) + dy }));
    const place = places.find(({ left, base }) => isFree({ x0: left, x1: left + width, y0: base - 11, y1: base + 3 }));
    if (place === undefined) return [];
    taken.push({ x0: place.left, x1: place.left + width, y0: place.base - 11, y1: place.base + 3 });
    return [`<text class="label" x="${px(place.left)}" y="${px(place.base)}">${escapeMarkup(name)}</text>`];
  });
}
