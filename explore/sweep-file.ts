/**
 * Reads a sweep's TOML file: which chips, what work, which figures. Everything that can be wrong is found here, before
 * anything is measured. Must not know how chips are measured.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInputText } from '../gen/files/input.ts';
import type { InputKind } from '../gen/files/input.ts';
import { UserError } from '../gen/user-error.ts';
import { OWN_MODEL } from '../sw/data/own-model.ts';
import { configFile, presetNames } from '../hw/soc/config-file.ts';
import { configKeys, parseConfig } from '../hw/soc/config.ts';
import type { ChipConfig } from '../hw/soc/config.ts';
import { parseToml } from '../hw/soc/toml-source.ts';
import type { TomlSource } from '../hw/soc/toml-source.ts';
import { HELD_OUT_DIGITS } from '../sw/data/mnist-digits.ts';
import { problemWithObjective } from './objectives.ts';
import type { Objective } from './objectives.ts';
import { applyOverrides, combinations, flatten, isScalar, isTable, nameOf } from './overrides.ts';
import type { Overrides, Scalar } from './overrides.ts';
import type { SweepPoint, Workload } from './point.ts';
import { QUANTITIES } from './quantities.ts';

export interface Sweep {
  readonly name: string;
  /** Path as it was given. */
  readonly file: string;
  readonly points: readonly SweepPoint[];
  readonly workload: Workload;
  readonly objectives: readonly Objective[];
  /** Names of the quantities or objectives that are compared; less is better. */
  readonly plot: { readonly x: string; readonly y: string };
}

const TOML = createRequire(import.meta.url)('@iarna/toml') as { stringify(data: Readonly<Record<string, unknown>>): string };
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT_IMAGES = 100;
/** More chips than anyone would wait for: a slip in an axis. */
const MOST_POINTS = 1000;
/** A sweep before it is read. */
const SWEEP_FILE: InputKind = { wanted: 'give a TOML file such as configs/sweeps/first.toml', mostBytes: 2 ** 20 };
const TOP_KEYS = ['name', 'base', 'workload', 'set', 'axes', 'point', 'report', 'plot'];

/** @throws UserError */
export function readSweep(path: string): Sweep {
  return parseSweep(readInputText(path, SWEEP_FILE), path);
}

/** Reads a sweep from text; paths in it are relative to the folder of `file`. @throws UserError */
export function parseSweep(text: string, file: string): Sweep {
  const reader = new SweepReader(parseToml(text, file), file);
  return reader.read();
}

class SweepReader {
  private readonly folder: string;

  constructor(private readonly source: TomlSource, private readonly file: string) {
    this.folder = dirname(resolve(file));
  }

  read(): Sweep {
    const { values } = this.source;
    for (const key of Object.keys(values)) if (!TOP_KEYS.includes(key)) this.fail(key, `unknown; use ${TOP_KEYS.join(', ')}`);
    const objectives = this.objectives();
    return {
      name: this.text('name', values.name, () => this.fail('name', 'missing; name the sweep, as in name = "mesh sizes"')),
      file: this.file, points: this.points(), workload: this.workload(), objectives, plot: this.plot(objectives),
    };
  }

  private fail(path: string, what: string): never {
    throw new UserError(`${this.source.place(path)}: ${path}: ${what}`);
  }

  private text(path: string, value: unknown, absent: () => string): string {
    if (value === undefined) return absent();
    return typeof value === 'string' && value.trim() !== '' ? value : this.fail(path, `${shown(value)} is no text; write it in quotes`);
  }

  private table(key: string): Readonly<Record<string, unknown>> {
    const value = this.source.values[key] ?? {};
    return isTable(value) ? value : this.fail(key, `is no table; write [${key}] and its keys below`);
  }

  private workload(): Workload {
    const { model, images = DEFAULT_IMAGES, batch, ...rest } = this.table('workload');
    for (const key of Object.keys(rest)) this.fail(`workload.${key}`, 'unknown; use model, images, batch');
    const wholeNumber = (key: string, value: unknown): number => {
      const n = Number(value);
      const isOne = (typeof value === 'number' || typeof value === 'bigint') && Number.isInteger(n) && n >= 1 && n <= HELD_OUT_DIGITS;
      return isOne ? n : this.fail(`workload.${key}`, `${shown(value)} is no number of images; use 1 to ${HELD_OUT_DIGITS}`);
    };
    const path = this.text('workload.model', model, () => OWN_MODEL);
    const found = relative(process.cwd(), resolve(this.folder, path)) || '.';
    if (!existsSync(found)) this.fail('workload.model', `${found} does not exist; give the path of a GGUF file from the sweep's folder`);
    return {
      model: found, images: wholeNumber('images', images),
      ...(batch === undefined ? {} : { batch: wholeNumber('batch', batch) }),
    };
  }

  private objectives(): Objective[] {
    const objectives: Objective[] = [];
    for (const [name, formula] of Object.entries(this.table('report'))) {
      const path = `report.${name}`;
      const objective = { name, formula: this.text(path, formula, () => '') };
      const problem = problemWithObjective(objective, objectives.map((o) => o.name));
      if (problem !== undefined) this.fail(path, problem);
      objectives.push(objective);
    }
    return objectives;
  }

  private plot(objectives: readonly Objective[]): Sweep['plot'] {
    const { x = 'cells', y = 'cyclesPerImage', ...rest } = this.table('plot');
    for (const key of Object.keys(rest)) this.fail(`plot.${key}`, 'unknown; use x, y');
    const names = [...QUANTITIES, ...objectives].map((q) => q.name);
    const name = (key: string, value: unknown): string => (typeof value === 'string' && names.includes(value) ? value : this.fail(`plot.${key}`, `${shown(value)} is no quantity; use ${names.join(', ')}`));
    return { x: name('x', x), y: name('y', y) };
  }

  private points(): SweepPoint[] {
    const common = this.overrides(flatten(this.table('set')), (path) => this.source.place(`set.${path}`), 'set.');
    const chosen = combinations(this.axes());
    const listed = this.listed();
    if (listed.length === 0 && chosen.length === 1 && chosen[0].size === 0) throw new UserError(`${this.file}: no chips; add [[point]] entries or [axes]`);
    const count = Math.max(1, listed.length) * chosen.length;
    if (count > MOST_POINTS) throw new UserError(`${this.file}: ${count} chips are too many; use at most ${MOST_POINTS}, shorten an axis`);
    const starts = listed.length > 0 ? listed : [{ name: '', base: this.source.values.base, overrides: new Map<string, Scalar>(),
      place: this.source.place('base') }];
    const bases = new Map<unknown, Base>();
    const points = starts.flatMap((start) => {
      const base = bases.get(start.base) ?? this.base(start.base, start.place);
      bases.set(start.base, base);
      return chosen.map((axisValues) => {
        const name = [start.name, nameOf(axisValues)].filter((part) => part !== '').join(' ');
        const overrides = new Map([...common, ...start.overrides, ...axisValues]);
        return { name, place: start.place, config: this.config(base, overrides, start.place, name) };
      });
    });
    for (const [i, { name, place }] of points.entries()) {
      if (points.findIndex((p) => p.name === name) < i) throw new UserError(`${place}: point ${name}: stands twice; rename one`);
    }
    return points.map(({ name, config }) => ({ name, config }));
  }

  private axes(): Map<string, readonly Scalar[]> {
    const axes = new Map<string, readonly Scalar[]>();
    for (const [path, list] of flatten(this.table('axes'))) {
      const shownPath = `axes.${path}`;
      checkKey(path, `${this.source.place(shownPath)}: ${shownPath}`);
      if (!Array.isArray(list) || list.length === 0 || !list.every(isScalar)) this.fail(shownPath, `${shown(list)} is no list of values; write [4, 8, 16]`);
      const values = list as Scalar[];
      const twice = values.find((value, i) => values.indexOf(value) < i);
      if (twice !== undefined) this.fail(shownPath, `${shown(twice)} stands twice; remove one`);
      axes.set(path, values);
    }
    return axes;
  }

  private listed(): { name: string; base: unknown; overrides: Overrides; place: string }[] {
    const entries = this.source.values.point ?? [];
    if (!Array.isArray(entries) || !entries.every(isTable)) return this.fail('point', 'is no list of tables; write [[point]] with double brackets');
    const heads = this.source.placesOf('point');
    return entries.map(({ name, base = this.source.values.base, ...rest }, i) => {
      const place = heads[i] ?? this.file;
      if (typeof name !== 'string' || !/^[\p{L}\p{N}][^\p{C}]{0,59}$/u.test(name)) {
        throw new UserError(`${place}: point.name: ${name === undefined ? 'missing' : `${shown(name)} is no name`}; give a text of up to 60 characters that starts with a letter or digit`);
      }
      return { name, base, overrides: this.overrides(flatten(rest), () => place, `point ${name}: `), place };
    });
  }

  private overrides(values: ReadonlyMap<string, unknown>, placeOf: (path: string) => string, prefix: string): Map<string, Scalar> {
    for (const [path, value] of values) {
      const where = `${placeOf(path)}: ${prefix}${path}`;
      checkKey(path, where);
      if (!isScalar(value)) throw new UserError(`${where}: ${shown(value)} is no single value; lists belong into [axes]`);
    }
    return values as Map<string, Scalar>;
  }

  /** The configuration that points start from; checked by itself, so that its own errors name its own lines. */
  private base(given: unknown, place: string): Base {
    if (given === undefined) throw new UserError(`${place}: base: missing; name the configuration to start from, as in base = "../base.toml"`);
    if (typeof given !== 'string') throw new UserError(`${place}: base: ${shown(given)} is no path; write it in quotes`);
    const isPreset = presetNames().includes(given) && !existsSync(resolve(this.folder, given));
    const path = isPreset ? join(ROOT, 'configs', `${given}.toml`) : resolve(this.folder, given);
    const file = relative(process.cwd(), path) || '.';
    const text = within(`${place}: base`, () => readInputText(file, baseFile()));
    const config = parseConfig(text, file);
    return { config, file, values: parseToml(text, file).values };
  }

  private config(base: Base, overrides: Overrides, place: string, name: string): ChipConfig {
    if (overrides.size === 0) return base.config;
    const label = `${place}: point ${name}`;
    try {
      return { ...parseConfig(TOML.stringify(applyOverrides(base.values, overrides)), label), file: base.file };
    } catch (error) {
      // Lines of the merged text would mislead.
      if (error instanceof UserError && error.message.startsWith(label)) throw new UserError(label + error.message.slice(label.length).replace(/^:\d+/, ''));
      throw error;
    }
  }
}

interface Base {
  readonly config: ChipConfig;
  readonly file: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function baseFile(): InputKind {
  return { ...configFile(), wanted: `give a path from the sweep's folder, or one of the presets ${presetNames().join(', ')}` };
}

/** Says of bad input where it was named. */
function within<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${place}: ${error.message}`) : error;
  }
}

/** @throws UserError where `path` is no key of a configuration */
function checkKey(path: string, where: string): void {
  const keys = configKeys();
  if (keys.some(({ section, key }) => `${section}.${key}` === path)) return;
  const [section, key = ''] = path.split('.');
  const near = keys.filter((k) => k.key === path || k.key === key).map((k) => `${k.section}.${k.key}`);
  const inSection = keys.filter((k) => k.section === section).map((k) => `${k.section}.${k.key}`);
  const mend = near.length > 0 ? `write ${near.join(' or ')}` : inSection.length > 0 ? `use ${inSection.join(', ')}` : 'write section.key, such as tensor.rows';
  throw new UserError(`${where}: is no key of a configuration; ${mend}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  return Array.isArray(value) ? 'this list' : isTable(value) ? 'a table' : String(value);
}
