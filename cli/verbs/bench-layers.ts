// `systole bench layers`: the layers of known networks, each by itself, operands and result in main memory.
// Must not know: how layers are scheduled, how engines work.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { during } from '../../gen/progress.ts';
import { CONFIG_KEYS } from '../../hw/soc/config-keys.ts';
import type { ChipConfig } from '../../hw/soc/config.ts';
import { shapeText } from '../../sw/layers/layer.ts';
import type { Layer } from '../../sw/layers/layer.ts';
import { NETWORKS, NETWORK_NAMES } from '../../sw/layers/networks.ts';
import type { NetworkName } from '../../sw/layers/networks.ts';
import { openMachine } from '../engines.ts';
import type { EngineName } from '../engines.ts';
import { SHARED, configOf, someOf, valued, wholeNumber } from '../options.ts';
import type { ChipOptions } from '../options.ts';
import { pairs, reporter, table } from '../output.ts';
import type { Column } from '../output.ts';
import { addVerb } from '../verb.ts';

interface LayersOptions extends ChipOptions {
  readonly networks: readonly NetworkName[];
  readonly engine: EngineName;
  readonly latency?: number;
}

const BENCH_CHIP = fileURLToPath(new URL('../../configs/bench/gemm-8x8.toml', import.meta.url));
const latencyKey = CONFIG_KEYS.simulation.latency;

export function addBenchLayers(bench: Command): void {
  addVerb(bench, 'layers', {
    summary: 'the layers of known networks, each by itself, operands and result in main memory',
    examples: ['systole bench layers', 'systole bench layers --networks resnet8,ad01 --latency 40', 'systole bench layers --config base --json'],
    options: [
      SHARED.config({ value: relative(process.cwd(), BENCH_CHIP), shown: 'configs/bench/gemm-8x8.toml of Systole' }), SHARED.engine(),
      valued('--networks <list>', `some of ${NETWORK_NAMES.join(', ')}, separated by commas`, someOf(NETWORK_NAMES), { value: NETWORK_NAMES, shown: 'all' }),
      valued('--latency <cycles>', 'of main memory, in place of the chip\'s', wholeNumber(latencyKey.min, latencyKey.max)),
      SHARED.json(),
    ],
  }).action((options: LayersOptions) => benchLayers(options));
}

/** What a layer takes all of, and what would help it. */
const BOUNDS = {
  mesh: 'mesh: a larger or fuller array (tensor.rows, tensor.columns)',
  bus: 'bus: a wider one (bus.bytes), or an input that is on the chip already',
  vector: 'vector: more lanes of the vector stage (tensor.vectorLanes)',
  core: 'core: larger layers, or a core of more instructions a cycle',
} as const;
type Bound = keyof typeof BOUNDS;

interface LayerFigures {
  readonly name: string;
  readonly operation: string;
  readonly shape: string;
  readonly macs: number;
  readonly idealCycles: number;
  readonly estimatedCycles?: number;
  /** These are absent where the engine knows no time. */
  readonly cycles?: number;
  readonly utilization?: number;
  readonly bytes: number;
  readonly bound: Bound;
  /** Of the part that bounds it. */
  readonly busyCycles: number;
}

interface NetworkFigures {
  readonly name: NetworkName;
  readonly macs: number;
  readonly idealCycles: number;
  readonly cycles?: number;
  readonly utilization?: number;
  readonly layers: readonly LayerFigures[];
}

async function benchLayers(options: LayersOptions): Promise<void> {
  const file = configOf(options);
  const { latency: latencyCycles = file.simulation.latencyCycles } = options;
  const config = { ...file, simulation: { ...file.simulation, latencyCycles } };
  const report = reporter('bench layers', options.json === true);
  const measure = await measurement(config);
  const networks = options.networks.map((name) => NETWORKS[name]());
  const machine = await openMachine(config, options.engine, report.note);
  try {
    const results: NetworkFigures[] = [];
    for (const { name, layers } of networks) {
      const figures = await during(report, `network ${name}`, async (task) => {
        const done: LayerFigures[] = [];
        for (const layer of layers) {
          task.at(done.length / layers.length, layer.name);
          done.push(await measure(machine, layer));
        }
        return done;
      });
      results.push({ name: name as NetworkName, ...sumOf(figures, config), layers: figures });
    }
    report.result({ config, engine: machine.engine, networks: results }, () => textOf(config, machine.engine, results));
  } finally {
    machine.close?.();
  }
}

type Machine = Awaited<ReturnType<typeof openMachine>>;

/** Measures one layer on a chip. */
async function measurement(config: ChipConfig): Promise<(machine: Machine, layer: Layer) => Promise<LayerFigures>> {
  const { buildLayer } = await import('../../sw/layers/build.ts');
  const { runLayer } = await import('../../sw/runtime/layer-run.ts');
  const { chipOf } = await import('../../sw/mnist.ts');
  const { rows, columns } = config.tensor;
  return async (machine, layer) => {
    const built = buildLayer(layer, chipOf(config));
    const { macs, estimatedCycles, work: { readBytes, writtenBytes, ...busy } } = built;
    const { cycles } = await runLayer(machine, built);
    const bound = (Object.keys(BOUNDS) as Bound[]).reduce((most, part) => (busy[part] > busy[most] ? part : most));
    const idealCycles = macs / (rows * columns);
    return {
      name: layer.name, operation: layer.kind, shape: shapeText(layer), macs, idealCycles,
      ...(estimatedCycles === undefined ? {} : { estimatedCycles }),
      ...(cycles === undefined ? {} : { cycles, utilization: idealCycles / cycles }),
      bytes: readBytes + writtenBytes, bound, busyCycles: busy[bound],
    };
  };
}

function sumOf(layers: readonly LayerFigures[], { tensor: { rows, columns } }: ChipConfig): Omit<NetworkFigures, 'name' | 'layers'> {
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const idealCycles = macs / (rows * columns);
  const known = layers.flatMap(({ cycles }) => cycles ?? []);
  if (known.length < layers.length) return { macs, idealCycles };
  const cycles = known.reduce((sum, each) => sum + each, 0);
  return { macs, idealCycles, cycles, utilization: idealCycles / cycles };
}

const COLUMNS: readonly Column[] = [
  { title: 'layer' }, { title: 'operation' }, { title: 'shape' }, { title: 'cycles', look: 'count' }, { title: 'estimate', look: 'count' },
  { title: 'ideal', look: 'count' }, { title: 'utilization', look: 'share' }, { title: 'bytes', look: 'count' }, { title: 'bound' }, { title: 'of it', look: 'share' },
];

function textOf(config: ChipConfig, engine: string, networks: readonly NetworkFigures[]): string {
  const { tensor: { rows, columns }, simulation: { latencyCycles } } = config;
  const seen = new Set(networks.flatMap(({ layers }) => layers.map(({ bound }) => bound)));
  return [
    pairs({ chip: config.name, engine, mesh: `${rows} x ${columns}`, 'memory latency': latencyCycles }),
    ...networks.map((network) => `${network.name}\n${table(COLUMNS, [...network.layers.map(rowOf), [
      'sum', '', '', network.cycles, undefined, Math.ceil(network.idealCycles), network.utilization,
      network.layers.reduce((sum, { bytes }) => sum + bytes, 0), '', undefined,
    ]])}`),
    ['What bounds a layer, how much of its cycles that is busy, and what would help:', ...(Object.keys(BOUNDS) as Bound[])
      .filter((bound) => seen.has(bound)).map((bound) => `  ${BOUNDS[bound]}`)].join('\n'),
  ].join('\n\n');
}

const rowOf = (layer: LayerFigures): readonly (string | number | undefined)[] => [
  layer.name, layer.operation, layer.shape, layer.cycles, layer.estimatedCycles, Math.ceil(layer.idealCycles), layer.utilization,
  layer.bytes, layer.bound,
  layer.cycles === undefined ? undefined : Math.min(1, layer.busyCycles / layer.cycles),
];
