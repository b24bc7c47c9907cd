/**
 * The accumulators: rows of C int32 lanes. The mesh writes whole rows, adds to them or keeps the greater lanes, one row a cycle, and is
 * never made to wait; the vector stage and the store unit read groups of `vectorLanes` lanes when the mesh does not need the same
 * memory. Organised as one memory a group of lanes and bank, with one read and one write port each.
 */
import { B, Flag, In, Out, S, U, cat, fromBits, hw, indexWidth, repeat, vec } from '../../gen/index.ts';
import type { Bool, ModuleDef, SInt, UInt, Vec } from '../../gen/index.ts';
import { withOnly } from '../lib/with-only.ts';
import { accumulatorBits, laneGroups, partialSumBits } from './params.ts';
import type { TensorParams } from './params.ts';

const groupShape = (p: TensorParams) => vec(S(32), p.vectorLanes);

/** One memory: all rows of a bank for one group of lanes. */
const AccumulatorBank = (p: TensorParams, depth: number) =>
  hw(
    'AccumulatorBank',
    {
      readEnable: In(B), readRow: In(U(indexWidth(depth))), readData: Out(groupShape(p)),
      writeRow: In(U(indexWidth(depth))), writeData: In(groupShape(p)), writeLanes: In(U(p.vectorLanes)),
    },
    (m, io) => {
      m.doc(`${depth} rows of ${p.vectorLanes} accumulator lanes; a read in the cycle of a write to the same row returns the old row.`);
      const cells = m.mem('cells', groupShape(p), depth, { style: 'block', collisionFree: true });
      io.readData = cells.readSync('readRegister', io.readRow, io.readEnable);
      cells.writeMasked(io.writeRow, io.writeData, io.writeLanes);
    },
  );

const readPort = (p: TensorParams) => ({
  request: In(B), row: In(U(accumulatorBits(p))), group: In(U(indexWidth(laneGroups(p)))), grant: Out(B), data: Out(groupShape(p)),
});

const allPorts = (p: TensorParams) => ({
  /** The row of partial sums that arrives in the next cycle: where it goes, and up to which column. */
  next: In(B),
  nextRow: In(U(accumulatorBits(p))),
  nextAccumulate: In(B),
  /** Of old and new sum the greater is kept instead of both added. */
  nextMaximum: In(B),
  nextLastColumn: In(U(indexWidth(p.columns))),
  sums: In(vec(S(partialSumBits(p)), p.columns)),
  vector: readPort(p),
  store: readPort(p),
});
/** `nextMaximum` is there if there are maxima. */
export const accumulatorPorts = (p: TensorParams): ReturnType<typeof allPorts> => withOnly(allPorts(p), { nextMaximum: p.maximum });

export function Accumulators(p: TensorParams): ModuleDef<ReturnType<typeof accumulatorPorts>> {
  const bits = accumulatorBits(p);
  const depth = p.accumulatorRows / p.accumulatorBanks;
  const rowBits = indexWidth(depth);
  const groups = laneGroups(p);
  return hw('Accumulators', accumulatorPorts(p), (m, io) => {
    m.doc(`${p.accumulatorRows} rows of ${p.columns} int32 lanes in ${p.accumulatorBanks} bank(s) of ${groups} group(s).`);
    // Neighbours lie in different banks: whoever reads a row behind the mesh, which takes a row a cycle, meets it once at most.
    const bankOf = (row: UInt): UInt | undefined => (p.accumulatorBanks === 1 ? undefined : row.slice(0, 0));
    const within = (row: UInt): UInt => row.slice(bits - 1, bits - rowBits);
    const inBank = (row: UInt, b: number): Bool | undefined => bankOf(row)?.eq(b);
    const both = (x: Bool, y: Bool | undefined): Bool => (y ? x.and(y) : x);

    // Stage 0: the mesh announces a row and its old sums are read. Stage 1: the sums arrive, are added and written.
    const s1 = m.regs({ writing: Flag(false), writeRow: U(bits), accumulate: B, lastColumn: U(indexWidth(p.columns)) });
    s1.writing = io.next;
    s1.writeRow = io.nextRow;
    s1.accumulate = io.nextAccumulate;
    s1.lastColumn = io.nextLastColumn;
    const keeps = p.maximum ? m.regs({ maximum: B }) : undefined;
    if (keeps) keeps.maximum = io.nextMaximum;
    const { adding, meshReads } = m.let({ adding: s1.writing, meshReads: io.next.and(io.nextAccumulate) });

    // Nothing is forwarded: the mesh unit lets a cycle pass between writing a row and reading it, so that the memory has all its lanes.
    m.assert('oldSumsAreWritten', adding.and(meshReads).and(s1.writeRow.eq(io.nextRow)).not(), 'a row is read in the cycle in which it is written');

    const readers = { vector: io.vector, store: io.store };
    const memories = Array.from({ length: p.accumulatorBanks }, (_, b) =>
      Array.from({ length: groups }, (_, g) => {
        const memory = m.inst(`bank${b}group${g}`, AccumulatorBank(p, depth));
        const mesh = both(meshReads, inBank(io.nextRow, b)).named(`meshWants${b}`);
        const wants = Object.entries(readers).map(([name, x]) =>
          both(groups === 1 ? x.request : x.request.and(x.group.eq(g)), inBank(x.row, b)).named(`${name}Wants${b}_${g}`));
        memory.readEnable = mesh.or(wants[0]).or(wants[1]);
        memory.readRow = mesh.mux(within(io.nextRow), wants[0].mux(within(io.vector.row), within(io.store.row)));
        return memory;
      }),
    );
    /** Lanes of group g as the memories of the given bank hold them. */
    const choose = <V>(bank: UInt | undefined, of: (b: number) => V): V => (bank ? bank.eq(1).mux(of(1), of(0)) : of(0));

    const s1Bank = bankOf(s1.writeRow);
    const wholeRow = vec(S(32), p.columns);
    const oldSums = choose(s1Bank, (b) => fromBits(wholeRow, cat(...memories[b].map((x) => x.readData).reverse()))).named('oldSums');
    const newSums = m.map('newSums', p.columns, (i) => {
      const sum = io.sums.at(i).sext(32).named('sum');
      const old = oldSums.at(i);
      if (!keeps) return s1.accumulate.mux(sum.addWrap(old), sum);
      // One adder for both: old - sum - 1 is negative where the old one is not greater.
      const total = old.sext(33).addWrap(keeps.maximum.mux(sum.not(), sum).sext(33)).named('total');
      const keepsOld = s1.accumulate.and(keeps.maximum).and(total.isNegative().not()).named('keepsOld');
      const adds = s1.accumulate.and(keeps.maximum.not());
      return adds.mux(total.trunc(32), keepsOld.mux(old, sum));
    });
    const used = m.map('used', p.columns, (i) => i.eq(0).or(i.le(s1.lastColumn))).asUInt();
    for (let b = 0; b < p.accumulatorBanks; b++) {
      for (let g = 0; g < groups; g++) {
        const memory = memories[b][g];
        memory.writeRow = within(s1.writeRow);
        const [first, last] = [g * p.vectorLanes, (g + 1) * p.vectorLanes - 1];
        memory.writeData = fromBits(groupShape(p), newSums.asUInt().slice(32 * last + 31, 32 * first));
        memory.writeLanes = repeat(both(adding, inBank(s1.writeRow, b)), p.vectorLanes).and(used.slice(last, first));
      }
    }

    // Readers wait while the mesh reads the same bank; the store also while the vector stage wants the same memory.
    const sameBank = (x: UInt, y: UInt): Bool | true => {
      const [mine, other] = [bankOf(x), bankOf(y)];
      return mine && other ? mine.eq(other) : true;
    };
    const meshTakes = (x: { row: UInt }): Bool => meshReads.and(sameBank(x.row, io.nextRow));
    io.vector.grant = io.vector.request.and(meshTakes(io.vector).not());
    const vectorTakes = io.vector.request.and(io.vector.group.eq(io.store.group)).and(sameBank(io.vector.row, io.store.row));
    io.store.grant = io.store.request.and(meshTakes(io.store).not()).and(vectorTakes.not());
    for (const [name, x] of [['vector', io.vector] as const, ['store', io.store] as const]) {
      const group = `${name}Group`;
      const bank = `${name}Bank`;
      const r = m.regs({ ...(groups > 1 ? { [group]: U(indexWidth(groups)) } : {}), ...(p.accumulatorBanks > 1 ? { [bank]: U(1) } : {}) });
      m.when(x.grant, () => {
        if (groups > 1) r[group] = x.group;
        const answering = bankOf(x.row);
        if (answering) r[bank] = answering;
      });
      const ofGroup = (g: number): Vec<SInt<32>> => choose(p.accumulatorBanks > 1 ? r[bank] : undefined, (b) => memories[b][g].readData);
      let data = ofGroup(0);
      for (let g = 1; g < groups; g++) data = r[group].eq(g).mux(ofGroup(g), data);
      x.data = data;
    }
    m.cover('readerWaits', io.vector.request.and(io.vector.grant.not()).or(io.store.request.and(io.store.grant.not())));
  });
}
