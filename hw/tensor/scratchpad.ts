/**
 * The scratchpad: rows of R int8 lanes in banks, each of G memories of one read and one write port (G: `rowsPerBeat`). The upper bits of
 * a row number are its bank, the lowest its memory of the bank, so that G consecutive rows lie in G memories and are written at once.
 * Each memory serves the most urgent request that wants it: reads in the order activations, weights, vector stage, store; writes in the
 * order vector stage, load. A granted read answers in the next cycle. Weights may be read from several memories of a bank at once, and are
 * then granted all of them or, where activations want one, the first alone.
 */
import { B, In, Out, S, U, bool, cat, fromBits, hw, indexWidth, vec, vecOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { withOnly } from '../lib/with-only.ts';
import { rowsPerBeat, scratchpadBits, vectorReads, weightsPerCycle } from './params.ts';
import type { TensorParams } from './params.ts';

const rowShape = (p: TensorParams) => vec(S(8), p.rows);

/** One memory of a bank: a synchronous-read memory. */
const ScratchpadBank = (p: TensorParams, depth: number) =>
  hw(
    'ScratchpadBank',
    { readEnable: In(B), readRow: In(U(indexWidth(depth))), readData: Out(rowShape(p)), writeEnable: In(B),
      writeRow: In(U(indexWidth(depth))), writeData: In(rowShape(p)) },
    (m, io) => {
      m.doc(`${depth} scratchpad rows; a read in the cycle of a write to the same row returns the old row.`);
      const cells = m.mem('cells', rowShape(p), depth, { style: 'block', collisionFree: true });
      io.readData = cells.readSync('readRegister', io.readRow, io.readEnable);
      m.when(io.writeEnable, () => cells.write(io.writeRow, io.writeData));
    },
  );

const readPort = (p: TensorParams) => ({ request: In(B), row: In(U(scratchpadBits(p))), grant: Out(B), data: Out(rowShape(p)) });
/** `all`: as many rows as `weightsPerCycle`, from `row` on, a multiple of it; `grantAll`: they come in `allData`, else the first alone. */
const weightPort = (p: TensorParams) => {
  const several = weightsPerCycle(p) > 1;
  const all = { ...readPort(p), all: In(B), grantAll: Out(B), allData: Out(vec(rowShape(p), weightsPerCycle(p))) };
  return withOnly(all, { all: several, grantAll: several, allData: several });
};
const writePort = (p: TensorParams) => ({ request: In(B), row: In(U(scratchpadBits(p))), data: In(rowShape(p)), grant: Out(B) });
/** Places of G rows, of which row r has the one numbered `r mod G`. */
export const loadData = (p: TensorParams) => vec(S(8), rowsPerBeat(p) * p.rows);
/**
 * Writes 1…G rows, all or none: `row`…`row + count - 1`, or, of a unit that scatters, in each place for which `writes` says so its row of
 * `rows`. Places of others may hold anything. Where G is 1, there is no `count`.
 */
const loadPort = (p: TensorParams) => {
  const G = rowsPerBeat(p);
  return withOnly({
    request: In(B), row: In(U(scratchpadBits(p))), count: In(U(indexWidth(G + 1))), writes: In(vec(B, G)),
    rows: In(vec(U(scratchpadBits(p)), G)), data: In(loadData(p)), grant: Out(B),
  }, loadPortHas(p));
};
export const loadPortHas = (p: TensorParams) =>
  ({ row: !p.scatter, count: !p.scatter && rowsPerBeat(p) > 1, writes: p.scatter, rows: p.scatter });

/** `vectorRead` is there if the vector stage has operands in the scratchpad. */
export const scratchpadPorts = (p: TensorParams) => {
  const all = {
    activations: readPort(p), weights: weightPort(p), vectorRead: readPort(p), store: readPort(p), vector: writePort(p), load: loadPort(p),
  };
  return withOnly(all, { vectorRead: vectorReads(p) });
};

interface Request {
  readonly request: Bool;
  readonly row: UInt;
}

export function Scratchpad(p: TensorParams): ModuleDef<ReturnType<typeof scratchpadPorts>> {
  const bits = scratchpadBits(p);
  const G = rowsPerBeat(p);
  const W = weightsPerCycle(p);
  const groupBits = Math.log2(W);
  const lowBits = Math.log2(G);
  const depth = p.scratchpadRows / p.scratchpadBanks;
  const rowBits = indexWidth(depth);
  const bankBits = bits - rowBits;
  const placeBits = bankBits + lowBits;
  return hw('Scratchpad', scratchpadPorts(p), (m, io) => {
    m.doc(`${p.scratchpadRows} rows of ${p.rows} int8 lanes in ${p.scratchpadBanks} banks${G > 1 ? ` of ${G} memories each` : ''}.`);
    /** The most urgent first. */
    const readers = {
      activations: io.activations, weights: io.weights, ...(vectorReads(p) ? { vectorRead: io.vectorRead } : {}), store: io.store,
    };
    /** The parts of a row number: bank, row of the memory, memory of the bank. `upper` is without the last. */
    const bankOf = (upper: UInt): UInt | undefined => (bankBits === 0 ? undefined : upper.slice(upper.width - 1, rowBits - lowBits));
    const within = (upper: UInt): UInt => upper.slice(rowBits - lowBits - 1, 0);
    const upperOf = (row: UInt): UInt => (lowBits === 0 ? row : row.slice(bits - 1, lowBits));
    const lowOf = (row: UInt): UInt | undefined => (lowBits === 0 ? undefined : row.slice(lowBits - 1, 0));
    const both = (x: Bool, y: Bool | undefined): Bool => (y ? x.and(y) : x);
    const same = (x: UInt | undefined, y: UInt | undefined): Bool | undefined => (x && y ? x.eq(y) : undefined);

    /** The memories, in the order of the number by which a reader knows the one that answers. */
    const places = Array.from({ length: p.scratchpadBanks * G }, (_, place) => {
      const [bank, low] = [Math.floor(place / G), place % G];
      return { bank, low, tag: G === 1 ? `${bank}` : `${bank}_${low}` };
    });
    const placeOf = (row: UInt): UInt | undefined => {
      const parts = [bankOf(upperOf(row)), lowOf(row)].filter((part) => part !== undefined);
      return parts.length === 0 ? undefined : cat(...parts);
    };
    const wants = ({ request, row }: Request, { bank, low }: { bank: number; low: number }): Bool =>
      both(both(request, bankOf(upperOf(row))?.eq(bank)), lowOf(row)?.eq(low));

    /** What the load writes into the memories numbered `low` of all banks: one row at most, which may be of the next bank. */
    const loads = p.scatter ? severalRows() : consecutiveRows();

    /** The load is granted as a whole: the vector stage takes none of the memories that it wants. */
    const loadMeets = loads.map(({ isMeant, upper }, low) =>
      both(both(both(io.vector.request, isMeant), lowOf(io.vector.row)?.eq(low)), same(bankOf(upper), bankOf(upperOf(io.vector.row)))));
    const loadGranted = io.load.request.and(loadMeets.reduce((x, y) => x.or(y)).not());

    const memories = places.map((place) => {
      const { bank, low, tag } = place;
      const memory = m.inst(G === 1 ? `bank${tag}` : `bank${bank}low${low}`, ScratchpadBank(p, Math.ceil(depth / G)));
      const wanted = Object.entries(readers).map(([name, x]) => ({
        wants: (name === 'weights' ? weightsWant(place) : wants(x, place)).named(`${name}Want${tag}`), row: within(upperOf(x.row)),
      }));
      memory.readEnable = wanted.map((x) => x.wants).reduce((x, y) => x.or(y));
      const row = (x: { row: UInt }): UInt => within(upperOf(x.row));
      memory.readRow = wanted.slice(0, -1).reduceRight((rest, x) => x.wants.mux(x.row, rest), wanted[wanted.length - 1].row);
      const vct = wants(io.vector, place).named(`vectorWrites${tag}`);
      const { isMeant, upper } = loads[low];
      // Of a single row, the vector stage takes the memory or leaves it: what is not granted is not written either way.
      const lod = both(both(G === 1 ? io.load.request : loadGranted, isMeant), bankOf(upper)?.eq(bank)).named(`loadWrites${tag}`);
      memory.writeEnable = vct.or(lod);
      memory.writeRow = vct.mux(row(io.vector), within(upper));
      memory.writeData = vct.mux(io.vector.data, loadRow(low));
      return memory;
    });

    /** Several rows at once lie in neighbouring memories of a bank. */
    function weightsWant(place: { bank: number; low: number }): Bool {
      const low = lowOf(io.weights.row);
      if (W === 1 || !low) return wants(io.weights, place);
      const inBank = both(io.weights.request, bankOf(upperOf(io.weights.row))?.eq(place.bank));
      const isNeighbour = W === G ? io.weights.all : io.weights.all.and(low.shr(groupBits).eq(place.low >> groupBits));
      return inBank.and(isNeighbour.or(low.eq(place.low)));
    }
    /** Whether a row lies in one of the memories of several rows of weights. */
    function meetsAll(x: UInt): Bool | undefined {
      return same(groupOf(x), groupOf(w.row));
    }
    /** Number of the memories of a row, in groups of as many as several rows of weights lie in; undefined: there is one group. */
    function groupOf(row: UInt): UInt | undefined {
      return placeBits > groupBits ? placeOf(row)?.slice(placeBits - 1, groupBits) : undefined;
    }

    /** A request is granted unless a more urgent one wants the same memory. */
    const granted = (x: Request, urgent: readonly Request[]): Bool =>
      urgent.reduce((free, u) => free.and(both(u.request, same(placeOf(x.row), placeOf(u.row))).not()), x.request);
    const a = io.activations;
    const w = io.weights;
    const s = io.store;
    const v = vectorReads(p) ? [io.vectorRead] : [];
    io.activations.grant = a.request;
    io.weights.grant = granted(w, [a]);
    const wantsAll = W === 1 ? undefined : w.request.and(io.weights.all).named('weightsWantAll');
    if (wantsAll) io.weights.grantAll = wantsAll.and(both(a.request, meetsAll(a.row)).not());
    const behindWeights = (x: Request, urgent: readonly Request[]): Bool =>
      (wantsAll ? granted(x, urgent).and(both(wantsAll, meetsAll(x.row)).not()) : granted(x, urgent));
    for (const reader of v) reader.grant = behindWeights(reader, [a, w]);
    io.store.grant = behindWeights(s, [a, w, ...v]);
    io.vector.grant = io.vector.request;
    io.load.grant = loadGranted;

    if (W > 1) {
      // Which memories answer is decided when the request is granted.
      const group = groupOf(w.row);
      const groups = (p.scratchpadBanks * G) / W;
      const r = m.regs(groups > 1 ? { weightsGroup: U(Math.log2(groups)) } : {}) as { weightsGroup: UInt };
      if (group && groups > 1) {
        m.when(io.weights.grantAll, () => {
          r.weightsGroup = group;
        });
      }
      io.weights.allData = vecOf(Array.from({ length: W }, (_, i) => {
        let data = memories[i].readData;
        for (let g = 1; g < groups; g++) data = r.weightsGroup.eq(g).mux(memories[g * W + i].readData, data);
        return data;
      }));
    }

    for (const [name, reader] of Object.entries(readers)) {
      const place = placeOf(reader.row);
      if (!place) {
        reader.data = memories[0].readData;
        continue;
      }
      // Which memory answers is decided when the request is granted.
      const key = G === 1 ? `${name}Bank` : `${name}Memory`;
      const r = m.regs({ [key]: U(placeBits) });
      m.when(reader.grant, () => {
        r[key] = place;
      });
      reader.data = memories.slice(1).reduce((data, memory, i) => r[key].eq(i + 1).mux(memory.readData, data), memories[0].readData);
    }
    m.cover('readConflict', w.request.and(io.weights.grant.not()).or(s.request.and(io.store.grant.not())));
    m.cover('writeConflict', io.load.request.and(io.load.grant.not()));
    if (p.scatter) {
      const hasPlace = Array.from({ length: G }, (_, low) =>
        io.load.writes.at(low).not().or(lowOf(io.load.rows.at(low))?.eq(low) ?? bool(true))).reduce((x, y) => x.and(y));
      m.assert('loadsInPlace', io.load.request.not().or(io.load.writes.asUInt().ne(0).and(hasPlace)), 'a load writes no row or one of another memory');
    } else if (G > 1) {
      m.assert('loadsSome', io.load.request.not().or(io.load.count.ne(0).and(io.load.count.le(G))), 'a load writes no row or more than lie in memories of their own');
    }

    interface LoadedRow {
      /** There is one; where it is not said there is. */
      readonly isMeant?: Bool;
      readonly upper: UInt;
    }
    function severalRows(): readonly LoadedRow[] {
      return Array.from({ length: G }, (_, low) => ({ isMeant: io.load.writes.at(low), upper: upperOf(io.load.rows.at(low)).named(`loadUpper${low}`) }));
    }
    function consecutiveRows(): readonly LoadedRow[] {
      const loadLow = lowOf(io.load.row);
      const loadUpper = upperOf(io.load.row);
      const nextUpper = loadLow ? loadUpper.addWrap(1).named('loadNextUpper') : loadUpper;
      return Array.from({ length: G }, (_, low): LoadedRow => {
        if (!loadLow) return { upper: loadUpper };
        const distance = loadLow.lit(low).subWrap(loadLow).named(`loadDistance${low}`);
        return {
          isMeant: distance.zext(lowBits + 1).lt(io.load.count).named(`loadsLow${low}`),
          upper: loadLow.gt(low).mux(nextUpper, loadUpper).named(`loadUpper${low}`),
        };
      });
    }
    function loadRow(low: number): Vec<SInt<8>> {
      if (G === 1) return io.load.data;
      return fromBits(rowShape(p), io.load.data.asUInt().slice(8 * p.rows * (low + 1) - 1, 8 * p.rows * low));
    }
  });
}
