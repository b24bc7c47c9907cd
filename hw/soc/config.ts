/**
 * The typed configuration of a chip: TOML text in, checked parameters of every part out. Every key and every rule between
 * keys is checked here, so that generators, simulators and compilers can rely on the values.
 * Must not know how any part is built, nor files: it runs in a browser, too.
 */
import { UserError } from '../../gen/user-error.ts';
import { CORE_PRESETS } from '../core/config.ts';
import type { CoreConfig } from '../core/config.ts';
import type { PmpRegions } from '../isa/csr.ts';
import { problemWithCache } from '../lib/cache-lines.ts';
import { isPowerOfTwo, powerOfTwoAtLeast, powerOfTwoAtMost } from '../lib/power-of-two.ts';
import { problemWith } from '../tensor/params.ts';
import type { TensorParams } from '../tensor/params.ts';
import { CONFIG_KEYS, PRESET } from './config-keys.ts';
import type { ConfigValues, Key, KeyTable, Section } from './config-keys.ts';
import { FormulaError, evaluateFormula } from './formula.ts';
import type { Dimension } from './formula.ts';
import { RAM_BASE } from './memory-map.ts';
import { parseToml } from './toml-source.ts';
import type { TomlSource } from './toml-source.ts';

export interface SocParams {
  readonly clockHz: number;
  /** 0: no cache. */
  readonly instructionCacheBytes: number;
  readonly instructionLineBytes: number;
  /** The instruction cache fetches ahead. */
  readonly instructionPrefetch: boolean;
  /** RAM from its base that the instruction cache may hold: a power of two. */
  readonly cacheableBytes: number;
  /** 0: no cache. */
  readonly dataCacheBytes: number;
  readonly dataLineBytes: number;
  /** The same for the data cache. It answers for stores there before memory has, so all of it must be memory. */
  readonly dataCacheableBytes: number;
  /** Received bytes that the UART holds. */
  readonly uartQueue: number;
}

export interface SimulationParams {
  /** Main memory: a power of two. */
  readonly ramBytes: number;
  /** Cycles from a read request to its first beat, at least 1. */
  readonly latencyCycles: number;
  /** Requests that main memory holds in each direction. */
  readonly outstanding: number;
}

export interface ChipConfig {
  readonly name: string;
  /** Where it was read from, for messages. */
  readonly file: string;
  readonly soc: SocParams;
  readonly bus: { readonly bytes: number; readonly idBits: number };
  readonly core: CoreConfig;
  readonly tensor: TensorParams;
  readonly simulation: SimulationParams;
}

/** Reads a configuration from text; `fileName` is for messages. Throws UserError. */
export function parseConfig(text: string, fileName: string): ChipConfig {
  const source = parseToml(text, fileName);
  checkNames(source);
  const reader = new Reader(source);
  const v = Object.fromEntries(
    Object.entries(CONFIG_KEYS as Readonly<Record<string, KeyTable>>).map(([section, keys]) => [
      section,
      Object.fromEntries(Object.keys(keys).map((key) => [key, reader.value(section, key)])),
    ]),
  ) as ConfigValues;
  const instructionLineBytes = lineBytes(v, 'instructionCache', v.soc.cacheable, source);
  const dataCacheableBytes = Math.min(v.soc.cacheable, v.simulation.ram);
  return {
    name: v.chip.name,
    file: fileName,
    soc: {
      clockHz: v.soc.clock,
      instructionCacheBytes: v.soc.instructionCache,
      instructionLineBytes,
      instructionPrefetch: instructionPrefetch(v, instructionLineBytes, source),
      cacheableBytes: v.soc.cacheable,
      dataCacheBytes: v.soc.dataCache,
      dataLineBytes: lineBytes(v, 'dataCache', dataCacheableBytes, source),
      dataCacheableBytes,
      uartQueue: v.soc.uartQueue,
    },
    bus: v.bus,
    core: coreConfig(v.core, source),
    tensor: tensorParams(v, source),
    simulation: { ramBytes: v.simulation.ram, latencyCycles: v.simulation.latency, outstanding: v.simulation.outstanding },
  };
}

/** Unknown sections and keys. */
function checkNames(source: TomlSource): void {
  const tables: Readonly<Record<string, KeyTable>> = CONFIG_KEYS;
  for (const [section, content] of Object.entries(source.values)) {
    if (!Object.hasOwn(tables, section)) {
      const home = Object.keys(tables).filter((s) => Object.hasOwn(tables[s], section));
      const mend = home.length > 0 ? `it belongs into section [${home[0]}]` : suggestion(section, Object.keys(tables), 'sections');
      throw new UserError(`${source.place(section)}: ${section}: unknown ${isTable(content) ? 'section' : 'key'}; ${mend}`);
    }
    if (!isTable(content)) throw new UserError(`${source.place(section)}: ${section}: not a section; write [${section}] and its keys below`);
    for (const key of Object.keys(content)) {
      if (Object.hasOwn(tables[section], key)) continue;
      const home = Object.keys(tables).filter((s) => Object.hasOwn(tables[s], key));
      const mend = home.length > 0 ? `it belongs into section [${home[0]}]` : suggestion(key, Object.keys(tables[section]), 'keys');
      throw new UserError(`${source.place(`${section}.${key}`)}: ${section}.${key}: unknown key; ${mend}`);
    }
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

const LONGEST_NAME = 40;

/** The nearest name, or all of them. */
function suggestion(name: string, names: readonly string[], what: string): string {
  // No name of ours is so long, and the work grows with the length.
  if (name.length > LONGEST_NAME) return `${what} are ${names.join(', ')}`;
  const distanceTo = (n: string): number => editDistance(name.toLowerCase(), n.toLowerCase());
  const ranked = names.map((n) => ({ n, distance: distanceTo(n) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= Math.max(2, name.length / 3)) return `did you mean ${best.n}?`;
  return `${what} are ${names.join(', ')}`;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** Values of keys, each computed when it is first asked for, because formulas may name keys further down. */
class Reader {
  private readonly known = new Map<string, number | string | boolean>();
  private readonly underWay: string[] = [];

  constructor(private readonly source: TomlSource) {}

  value(section: string, key: string): number | string | boolean {
    const path = `${section}.${key}`;
    const known = this.known.get(path);
    if (known !== undefined) return known;
    if (this.underWay.includes(path)) {
      throw new UserError(`${this.source.place(path)}: ${path}: depends on itself (${[...this.underWay, path].join(' → ')}); give one of them a number`);
    }
    this.underWay.push(path);
    const spec = specOf(section, key);
    const table = this.source.values[section];
    const given = isTable(table) ? table[key] : undefined;
    if (given === undefined && spec.default === undefined) {
      throw new UserError(`${this.source.place(section)}: ${path}: missing; add it (${spec.summary})`);
    }
    const value = this.read(section, path, spec, given ?? this.defaultOf(key, spec));
    this.underWay.pop();
    this.known.set(path, value);
    return value;
  }

  private defaultOf(key: string, spec: Key): unknown {
    if (spec.default === PRESET) return this.presetValue(key);
    if (typeof spec.default !== 'object') return spec.default;
    return spec.default.from((path) => {
      const [section, name] = path.split('.');
      return this.value(section, name);
    });
  }

  private presetValue(key: string): unknown {
    const preset = CORE_PRESETS[this.value('core', 'preset') as ConfigValues['core']['preset']];
    // Three stages need two words ahead, whatever the preset's stages have.
    if (key === 'prefetch' && this.value('core', 'stages') === 3) return 2;
    return { ...preset.isa, ...preset }[key];
  }

  private read(section: string, path: string, spec: Key, given: unknown): number | string | boolean {
    const fail = (what: string): never => {
      throw new UserError(`${this.source.place(path)}: ${path}: ${what}`);
    };
    switch (spec.kind) {
      case 'flag':
        return typeof given === 'boolean' ? given : fail(`${show(given)} is no flag; write true or false`);
      case 'text':
        if (typeof given !== 'string') return fail(`${show(given)} is no text; write it in quotes`);
        return spec.pattern.test(given) ? given : fail(`${show(given)} cannot be used; write ${spec.wanted}`);
      case 'choice':
        if (typeof given === 'string' && spec.choices.includes(given)) return given;
        return fail(`${show(given)} is not one of its values; use ${spec.choices.map((c) => `"${c}"`).join(' or ')}`);
      default: {
        const n = typeof given === 'string' ? this.formula(section, path, given, spec.kind) : typeof given === 'bigint' ? Number(given) : given;
        if (typeof n !== 'number') return fail(`${show(given)} is no ${spec.kind}; write a number or a formula in quotes`);
        const from = typeof given === 'string' ? ` (${given})` : '';
        if (spec.kind !== 'frequency' && !Number.isSafeInteger(n)) return fail(`${n}${from} is not a whole number; change it`);
        if (spec.orZero && n === 0) return n;
        if (!(n >= spec.min && n <= spec.max)) {
          return fail(`${n}${from} is out of range; use ${spec.orZero ? '0 or ' : ''}${quantity(spec.min, spec.kind)} to ${quantity(spec.max, spec.kind)}`);
        }
        if (spec.powerOfTwo && !isPowerOfTwo(n)) return fail(`${n}${from} is not a power of two; use ${powerOfTwoAtMost(n)} or ${powerOfTwoAtLeast(n)}`);
        return n;
      }
    }
  }

  private formula(section: string, path: string, text: string, dimension: Dimension): number {
    try {
      return evaluateFormula(text, dimension, (name) => {
        const [s, k, ...rest] = name.includes('.') ? name.split('.') : [section, name];
        const tables: Readonly<Record<string, KeyTable>> = CONFIG_KEYS;
        if (rest.length > 0 || !Object.hasOwn(tables, s) || !Object.hasOwn(tables[s], k)) return undefined;
        const { kind } = tables[s][k];
        if (kind === 'flag' || kind === 'text' || kind === 'choice') throw new FormulaError(`'${name}' is no number; use a key that is`);
        return { value: this.value(s, k) as number, dimension: kind };
      });
    } catch (error) {
      if (error instanceof FormulaError) throw new UserError(`${this.source.place(path)}: ${path}: ${error.message}`);
      throw error;
    }
  }
}

function specOf(section: string, key: string): Key {
  return (CONFIG_KEYS as Readonly<Record<string, KeyTable>>)[section][key];
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  return Array.isArray(value) ? 'a list' : isTable(value) ? 'a table' : String(value);
}

function quantity(n: number, kind: Dimension): string {
  if (kind === 'count') return String(n);
  const [units, step] = kind === 'size' ? [['bytes', 'KiB', 'MiB', 'GiB'], 1024] : [['Hz', 'kHz', 'MHz', 'GHz'], 1000];
  let scaled = n;
  let unit = 0;
  while (scaled >= step && scaled % step === 0 && unit < 3) {
    scaled /= step;
    unit++;
  }
  return `${scaled} ${units[unit]}`;
}

function instructionPrefetch({ soc }: ConfigValues, lineBytes: number, source: TomlSource): boolean {
  if (soc.instructionPrefetch && soc.instructionCache < 2 * lineBytes) {
    throw new UserError(
      `${source.place('soc.instructionPrefetch')}: soc.instructionPrefetch: true needs an instruction cache of at least two lines; use instructionCache = ${2 * lineBytes} or more`);
  }
  return soc.instructionPrefetch;
}

function coreConfig(v: ConfigValues['core'], source: TomlSource): CoreConfig {
  if (v.stages === 3 && v.prefetch === 1) {
    throw new UserError(`${source.place('core.prefetch')}: core.prefetch: 1 needs core.stages = 2; use 2`);
  }
  if (v.debug && v.xifOverlap) {
    throw new UserError(`${source.place('core.debug')}: core.debug: true needs core.xifOverlap = false; use false for one of them`);
  }
  const { preset: _preset, m, c, zba, zbb, zbs, zicntr, stages, prefetch, pmpRegions, ...rest } = v;
  const isa = { m, c, zba, zbb, zbs, zicntr };
  return {
    isa, bootAddress: RAM_BASE, stages: stages as 2 | 3, prefetch: prefetch as 1 | 2, pmpRegions: pmpRegions as PmpRegions,
    xif: true, ...rest,
  };
}

/** Lines that are not given have this many bytes, or those of a beat. */
const LEAST_LINE = { instructionCache: 0, dataCache: 32 } as const;

/** Bytes of a cache's lines, with the rules between its keys. */
function lineBytes(v: ConfigValues, cache: keyof typeof LEAST_LINE, cacheableBytes: number, source: TomlSource): number {
  const bytes = v.soc[cache];
  const line = v.soc[`${cache}Line`] || Math.max(LEAST_LINE[cache], v.bus.bytes);
  const { bytes: dataBytes, idBits } = v.bus;
  const sizes = { bytes, lineBytes: line, cacheableBase: RAM_BASE, cacheableBytes, dataBytes, idBits };
  const problem = bytes === 0 ? undefined : problemWithCache(sizes);
  if (!problem) return line;
  const path = problem[0] === 'lineBytes' ? `soc.${cache}Line` : `soc.${cache}`;
  throw new UserError(`${source.place(path)}: ${path}: ${problem[1]}`);
}

/** Rows that a memory has at least. */
const LEAST_ROWS = 4;

/** Keys of the file by the names of the parameters that are made from them, where they differ. */
const TENSOR_KEYS: Readonly<Partial<Record<keyof TensorParams, string>>> = {
  scratchpadRows: 'tensor.scratchpad', accumulatorRows: 'tensor.accumulators', busBytes: 'bus.bytes', idBits: 'bus.idBits',
};

/** Parameters of the tensor unit, with the rules between keys. */
function tensorParams(v: ConfigValues, source: TomlSource): TensorParams {
  const { scratchpad: _scratchpad, accumulators: _accumulators, ...rest } = v.tensor;
  const rowsOf = (key: 'scratchpad' | 'accumulators', rowBytes: number, formula: string): number => {
    const rows = v.tensor[key] / rowBytes;
    if (Number.isInteger(rows)) return rows;
    const below = Math.max(LEAST_ROWS, powerOfTwoAtMost(rows));
    throw new UserError(`${source.place(`tensor.${key}`)}: tensor.${key}: ${v.tensor[key]} bytes are ${rows.toFixed(2)} rows of ${rowBytes} bytes; write "${below} * ${formula}"`);
  };
  const params: TensorParams = {
    ...rest,
    scratchpadRows: rowsOf('scratchpad', rest.rows, 'rows'),
    accumulatorRows: rowsOf('accumulators', 4 * rest.columns, '4 * columns'),
    accumulatorBanks: rest.accumulatorBanks as 1 | 2,
    busBytes: v.bus.bytes,
    idBits: v.bus.idBits,
  };
  const problem = problemWith(params);
  if (problem) {
    const [name, what] = problem;
    const path = TENSOR_KEYS[name] ?? `tensor.${name}`;
    throw new UserError(`${source.place(path)}: ${path}: ${name === path.split('.')[1] ? '' : `${name} `}${what}`);
  }
  return params;
}

/** Every key with its meaning, for help texts and documentation. */
export function configKeys(): { section: Section; key: string; spec: Key }[] {
  return Object.entries(CONFIG_KEYS).flatMap(([section, keys]) =>
    Object.entries(keys as KeyTable).map(([key, spec]) => ({ section: section as Section, key, spec })),
  );
}
