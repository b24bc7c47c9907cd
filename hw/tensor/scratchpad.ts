/**
 * The scratchpad: rows of R int8 lanes in banks of one read and one write port each. Row numbers are split into bank (upper
 * bits) and row of the bank. Each bank serves the most urgent request that wants it: reads weights' users in the order
 * activations, weights, store; writes in the order vector stage, load. A granted read answers in the next cycle.
 */
import { B, In, Out, S, U, hw, indexWidth, vec } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import { scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

const rowShape = (p: TensorParams) => vec(S(8), p.rows);

/** One bank: a synchronous-read memory. */
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
const writePort = (p: TensorParams) => ({ request: In(B), row: In(U(scratchpadBits(p))), data: In(rowShape(p)), grant: Out(B) });

export const scratchpadPorts = (p: TensorParams) => ({
  activations: readPort(p),
  weights: readPort(p),
  store: readPort(p),
  vector: writePort(p),
  load: writePort(p),
});

export function Scratchpad(p: TensorParams): ModuleDef<ReturnType<typeof scratchpadPorts>> {
  const bits = scratchpadBits(p);
  const depth = p.scratchpadRows / p.scratchpadBanks;
  const rowBits = indexWidth(depth);
  const bankBits = bits - rowBits;
  return hw('Scratchpad', scratchpadPorts(p), (m, io) => {
    m.doc(`${p.scratchpadRows} rows of ${p.rows} int8 lanes in ${p.scratchpadBanks} banks.`);
    const readers = { activations: io.activations, weights: io.weights, store: io.store };
    const writers = { vector: io.vector, load: io.load };
    const bankOf = (row: UInt): UInt | undefined => (bankBits === 0 ? undefined : row.slice(bits - 1, rowBits));
    const wants = (x: { request: Bool; row: UInt }, b: number): Bool => {
      const bank = bankOf(x.row);
      return bank ? x.request.and(bank.eq(b)) : x.request;
    };

    const banks = Array.from({ length: p.scratchpadBanks }, (_, b) => {
      const bank = m.inst(`bank${b}`, ScratchpadBank(p, depth));
      const [act, wgt, sto] = Object.entries(readers).map(([name, x]) => wants(x, b).named(`${name}Want${b}`));
      bank.readEnable = act.or(wgt).or(sto);
      const row = (x: { row: UInt }): UInt => x.row.slice(rowBits - 1, 0);
      bank.readRow = act.mux(row(io.activations), wgt.mux(row(io.weights), row(io.store)));
      const [vct, lod] = Object.entries(writers).map(([name, x]) => wants(x, b).named(`${name}Writes${b}`));
      bank.writeEnable = vct.or(lod);
      bank.writeRow = vct.mux(row(io.vector), row(io.load));
      bank.writeData = vct.mux(io.vector.data, io.load.data);
      return bank;
    });

    /** A request is granted unless a more urgent one wants the same bank. */
    const granted = (x: { request: Bool; row: UInt }, urgent: readonly { request: Bool; row: UInt }[]): Bool =>
      urgent.reduce((free, u) => {
        const mine = bankOf(x.row);
        const other = bankOf(u.row);
        return free.and((mine && other ? u.request.and(mine.eq(other)) : u.request).not());
      }, x.request);
    const a = io.activations;
    const w = io.weights;
    const s = io.store;
    io.activations.grant = a.request;
    io.weights.grant = granted(w, [a]);
    io.store.grant = granted(s, [a, w]);
    io.vector.grant = io.vector.request;
    io.load.grant = granted(io.load, [io.vector]);

    for (const [name, reader] of Object.entries(readers)) {
      const bank = bankOf(reader.row);
      if (!bank) {
        reader.data = banks[0].readData;
        continue;
      }
      // Which bank answers is decided when the request is granted.
      const key = `${name}Bank`;
      const r = m.regs({ [key]: U(bankBits) });
      m.when(reader.grant, () => {
        r[key] = bank;
      });
      reader.data = banks.slice(1).reduce((data, bankPort, i) => r[key].eq(i + 1).mux(bankPort.readData, data), banks[0].readData);
    }
    m.cover('readConflict', w.request.and(io.weights.grant.not()).or(s.request.and(io.store.grant.not())));
    m.cover('writeConflict', io.load.request.and(io.load.grant.not()));
  });
}
