/**
 * Several AXI4 managers on one subordinate: reads and writes are arbitrated apart. The manager's number travels in the upper
 * bits of the identifier, so that responses find their way back whatever order they come in. Must not know who the managers are.
 */
import { Flag, Sink, Source, U, cat, hw, indexWidth, named, valueOf } from '../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../gen/index.ts';
import { Arbiter, anyOf, firstOf, select } from './arbiter.ts';
import { axiAddress, axiReadData, axiReadManager, axiWriteData, axiWriteManager, axiWriteResponse } from './axi4.ts';
import type { AxiParams } from './axi4.ts';
import { assertStays } from './stream-rules.ts';

export interface AxiArbiterParams {
  readonly dataBytes: number;
  /** Bits of the managers' identifiers. */
  readonly idBits: number;
  /** Bits for the manager's number above them; at least enough for `managers`. */
  readonly managerBits: number;
  readonly managers: number;
}

type ManagerName = `m${number}`;

const numbered = <T>(count: number, port: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, port])) as Readonly<Record<ManagerName, T>>;
const outer = (p: AxiArbiterParams): AxiParams => ({ dataBytes: p.dataBytes, idBits: p.idBits + p.managerBits });

export const axiReadArbiterPorts = (p: AxiArbiterParams) => ({
  managers: numbered(p.managers, { ar: Sink(axiAddress(p)), r: Source(axiReadData(p)) }),
  out: axiReadManager(outer(p)),
});

/** The manager's bits of an outgoing identifier. */
function managerOf(id: UInt, p: AxiArbiterParams): UInt {
  return id.slice(p.idBits + p.managerBits - 1, p.idBits);
}

interface Address {
  id: UInt;
  addr: UInt<32>;
  len: UInt<8>;
  size: UInt<3>;
  burst: UInt<2>;
}

/** The address with the manager's number above its identifier. */
function withManager(bits: Address, number: UInt, p: AxiArbiterParams): Address {
  return valueOf(axiAddress(outer(p)), { id: cat(number, bits.id), addr: bits.addr, len: bits.len, size: bits.size, burst: bits.burst });
}

/** Read channels of `managers` managers on one subordinate; number 0 is the most urgent. */
export function AxiReadArbiter(p: AxiArbiterParams): ModuleDef<ReturnType<typeof axiReadArbiterPorts>> {
  return hw('AxiReadArbiter', axiReadArbiterPorts(p), (m, io) => {
    m.doc(`Read channels of ${p.managers} AXI4 managers on one subordinate; manager 0 first.`);
    const address = axiAddress(outer(p));
    const arbiter = m.inst('arbiter', Arbiter(address, p.managers, { policy: 'fixed' }));
    const from = m.let({ from: managerOf(io.out.r.bits.id, p) }).from;
    const ready: Bool[] = [];
    for (let i = 0; i < p.managers; i++) {
      const manager = io.managers[`m${i}`];
      const input = arbiter.inputs[`in${i}`];
      input.valid = manager.ar.valid;
      input.bits = withManager(manager.ar.bits, U(p.managerBits).lit(i), p);
      manager.ar.ready = input.ready;
      const isMine = from.eq(i).named(`isMine${i}`);
      const { id, data, resp, last } = io.out.r.bits;
      manager.r.valid = io.out.r.valid.and(isMine);
      manager.r.bits = valueOf(axiReadData(p), { id: id.slice(p.idBits - 1, 0), data, resp, last });
      ready.push(isMine.and(manager.r.ready));
    }
    m.connect(arbiter.out, io.out.ar);
    io.out.r.ready = anyOf(ready);
    m.assert('known', io.out.r.valid.not().or(from.zext(p.managerBits + 1).lt(p.managers)), 'a read response for a manager that does not exist');
  });
}

export const axiWriteArbiterPorts = (p: AxiArbiterParams) => ({
  managers: numbered(p.managers, { aw: Sink(axiAddress(p)), w: Sink(axiWriteData(p)), b: Source(axiWriteResponse(p)) }),
  out: axiWriteManager(outer(p)),
});

/**
 * Write channels of `managers` managers on one subordinate; number 0 is the most urgent. The winner keeps both the address
 * and the data channel until its address and its last beat are taken, in whichever order: bursts never mix.
 */
export function AxiWriteArbiter(p: AxiArbiterParams): ModuleDef<ReturnType<typeof axiWriteArbiterPorts>> {
  return hw('AxiWriteArbiter', axiWriteArbiterPorts(p), (m, io) => {
    m.doc(`Write channels of ${p.managers} AXI4 managers on one subordinate; manager 0 first, bursts stay together.`);
    const managers = Array.from({ length: p.managers }, (_, i) => io.managers[`m${i}`]);
    const r = m.regs({ locked: Flag(false), winner: U(indexWidth(p.managers), 0), addressDone: Flag(false), dataDone: Flag(false) });
    const { locked, winner, addressDone, dataDone } = r;
    const requests = managers.map((x) => x.aw.valid);
    const { chosen, active } = m.let({ chosen: locked.mux<UInt>(winner, firstOf(requests)), active: locked.or(anyOf(requests)) });

    io.out.aw.valid = select(chosen, requests).and(addressDone.not());
    io.out.aw.bits = named('address', select(chosen, managers.map((x, i) => withManager(x.aw.bits, U(p.managerBits).lit(i), p))));
    io.out.w.valid = active.and(dataDone.not()).and(select(chosen, managers.map((x) => x.w.valid)));
    io.out.w.bits = named('beat', select(chosen, managers.map((x) => x.w.bits)));
    for (const [i, x] of managers.entries()) {
      const isChosen = chosen.eq(i).named(`isChosen${i}`);
      x.aw.ready = isChosen.and(addressDone.not()).and(io.out.aw.ready);
      x.w.ready = isChosen.and(active).and(dataDone.not()).and(io.out.w.ready);
    }
    const addressEnds = addressDone.or(io.out.aw.fire).named('addressEnds');
    const dataEnds = dataDone.or(io.out.w.fire.and(io.out.w.bits.last)).named('dataEnds');
    const ends = addressEnds.and(dataEnds).named('ends');
    m.when(active, () => {
      r.winner = chosen;
      r.locked = ends.not();
      r.addressDone = addressEnds.and(ends.not());
      r.dataDone = dataEnds.and(ends.not());
    });

    const from = m.let({ from: managerOf(io.out.b.bits.id, p) }).from;
    const ready: Bool[] = [];
    for (const [i, x] of managers.entries()) {
      const isMine = from.eq(i).named(`isMine${i}`);
      x.b.valid = io.out.b.valid.and(isMine);
      x.b.bits = valueOf(axiWriteResponse(p), { id: io.out.b.bits.id.slice(p.idBits - 1, 0), resp: io.out.b.bits.resp });
      ready.push(isMine.and(x.b.ready));
    }
    io.out.b.ready = anyOf(ready);
    m.assert('known', io.out.b.valid.not().or(from.zext(p.managerBits + 1).lt(p.managers)), 'a write response for a manager that does not exist');
    assertStays(m, 'address', io.out.aw.valid, io.out.aw.ready);
    assertStays(m, 'data', io.out.w.valid, io.out.w.ready);
    m.assert('lockedWins', locked.not().or(addressDone.and(dataDone).not()), 'a finished write keeps the channels');
  });
}
