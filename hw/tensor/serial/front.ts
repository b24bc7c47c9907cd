/**
 * The front of the serial unit: takes instructions from the core over CV-X-IF and answers them. A command is answered as
 * soon as it starts; the next instruction but `tn.poll` is taken when it is complete. Operands pass by: the sequencer keeps
 * what it needs of them.
 */
import { B, In, Out, U, bool, cat, hw } from '../../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../../gen/index.ts';
import { TENSOR, TENSOR_INFO } from '../../isa/tensor.ts';
import type { TensorOp } from '../../isa/tensor.ts';
import { XIF_ID_BITS, XifUnit } from '../../lib/cv-x-if.ts';
import { informationOf } from '../dispatch.ts';
import type { TensorParams } from '../params.ts';

/** Bits that tell the tensor instructions apart, once the major opcode is known: opcode bit 5 and funct3. */
const keyOf = (instr: UInt): UInt => cat(instr.bit(5), instr.slice(14, 12));
const opKey = (op: TensorOp): number => ((TENSOR[op].match >> 5) & 1) * 8 + ((TENSOR[op].match >> 12) & 7);

export const frontPorts = {
  xif: XifUnit,
  /** Operands in this cycle, and whether they are those of `tn.mm` or `tn.rq`. */
  take: Out(B), takesMm: Out(B), takesRq: Out(B), takesArg: Out(B), rs1: Out(U(32)), rs2: Out(U(32)),
  /** The instruction whose operands were taken, while it is in hand or executed. */
  op: { arg: Out(B), ld: Out(B), ldp: Out(B), mm: Out(B), rq: Out(B), st: Out(B), sta: Out(B) },
  /** That instruction is answered: a prefix, or a command that starts. */
  go: Out(B),
  /** `tn.fence` is answered: a pending prefix is forgotten. */
  fences: Out(B),
  /** rs1 as the sequencer holds it. */
  heldRs1: In(U(32)),
  idle: In(B), rangeError: In(B), memoryError: In(B),
};

export function SerialFront(p: TensorParams): ModuleDef<typeof frontPorts> {
  return hw('Front', frontPorts, (m, io) => {
    m.doc('Takes tensor instructions from the core and answers them.');
    const r = m.regs({
      full: U(1, 0), isPoll: B, key: U(4), id: U(XIF_ID_BITS), rd: U(5), haveOperands: B, committed: B,
      sawRangeError: U(1, 0), sawMemoryError: U(1, 0),
    });
    const full = r.full.asBool();
    const leaves = m.wires({ leaves: B });
    const { instr, id } = io.xif.issue.bits;
    const known = Object.values(TENSOR).map((i) => instr.and(i.mask).eq(i.match));
    const { isOurs } = m.let({ isOurs: known.reduce((a, b) => a.or(b)) });
    const { offersPoll } = m.let({ offersPoll: keyOf(instr).eq(opKey('poll')) });
    io.xif.issue.ready = full.not().and(io.idle.or(offersPoll));
    io.xif.issueAccept = isOurs;
    io.xif.issueWriteback = Object.values(TENSOR).map((i, n) => (i.writesRd ? known[n] : bool(false))).reduce((a, b) => a.or(b));
    const { readsOperands } = m.let({ readsOperands: isOurs.and(offersPoll.not()) });
    io.xif.issueRegisterRead = cat(readsOperands, readsOperands).exact(2);
    const { taken } = m.let({ taken: io.xif.issue.fire.and(isOurs) });

    io.xif.register.ready = taken.or(full.and(r.haveOperands.not()));
    const { operandsNow } = m.let({ operandsNow: io.xif.register.fire.and(io.xif.register.bits.rsValid.andR()) });
    const { commitsHeld } = m.let({ commitsHeld: io.xif.commitValid.and(io.xif.commit.id.eq(r.id)) });
    const { commitsOffered } = m.let({ commitsOffered: io.xif.commitValid.and(io.xif.commit.id.eq(id)) });
    m.when(taken, () => {
      r.full = commitsOffered.and(io.xif.commit.kill).not().asUInt();
      r.isPoll = offersPoll;
      r.id = id;
      r.rd = instr.slice(11, 7);
      // A question about the state needs no operands.
      r.haveOperands = operandsNow.or(offersPoll);
      r.committed = commitsOffered;
    }).otherwise(() => {
      m.when(leaves.leaves.or(full.and(commitsHeld).and(io.xif.commit.kill)), () => {
        r.full = r.full.lit(0);
      });
      m.when(operandsNow, () => {
        r.haveOperands = bool(true);
      });
      m.when(commitsHeld, () => {
        r.committed = bool(true);
      });
    });
    // The key stays with the command that is executed: tn.poll may come meanwhile.
    m.when(taken.and(offersPoll.not()), () => {
      r.key = keyOf(instr).exact(4);
    });
    io.take = operandsNow.and(taken.mux(offersPoll, r.isPoll).not());
    const { takenKey } = m.let({ takenKey: taken.mux(keyOf(instr).exact(4), r.key) });
    io.takesMm = takenKey.eq(opKey('mm'));
    io.takesRq = takenKey.eq(opKey('rq'));
    io.takesArg = takenKey.eq(opKey('arg'));
    io.rs1 = io.xif.register.bits.rs1;
    io.rs2 = io.xif.register.bits.rs2;

    const is = (op: TensorOp): Bool => r.key.eq(opKey(op));
    for (const op of ['arg', 'ld', 'ldp', 'mm', 'rq', 'st', 'sta'] as const) io.op[op] = is(op);
    io.xif.result.valid = full.and(r.haveOperands).and(r.committed);
    leaves.leaves = io.xif.result.fire;
    const { answersHeld } = m.let({ answersHeld: io.xif.result.fire.and(r.isPoll.not()) });
    io.go = answersHeld.and(r.key.bit(3));
    io.fences = answersHeld.and(is('fence'));

    // --- results ---
    const runs = (...ops: readonly TensorOp[]): Bool => io.idle.not().and(ops.map(is).reduce((a, b) => a.or(b)));
    const poll = cat(r.sawMemoryError, r.sawRangeError, U(26).lit(0), runs('st', 'sta'), runs('rq'), runs('mm'), runs('ld', 'ldp'));
    const status = cat(r.sawMemoryError, r.sawRangeError).zext(32);
    // tn.count answers 0: a serial unit has no counters.
    const held = is('info').mux(information(), is('fence').mux(status, U(32).lit(0)));
    io.xif.result.bits = { id: r.id, data: r.isPoll.mux(poll, held).exact(32), rd: r.rd, we: r.isPoll.or(r.key.bit(3).not()) };
    m.when(io.rangeError, () => {
      r.sawRangeError = r.sawRangeError.lit(1);
    }).elseWhen(io.fences, () => {
      r.sawRangeError = r.sawRangeError.lit(0);
    });
    m.when(io.memoryError, () => {
      r.sawMemoryError = r.sawMemoryError.lit(1);
    }).elseWhen(io.fences, () => {
      r.sawMemoryError = r.sawMemoryError.lit(0);
    });

    function information(): UInt {
      const facts = informationOf(p);
      const index = io.heldRs1;
      const near = index.slice(3, 0);
      const fact = TENSOR_INFO.reduce((rest, f, i) => near.eq(i).mux(U(32).lit(facts[f.name]), rest), U(32).lit(0));
      return index.slice(31, 4).eq(0).mux(fact, U(32).lit(0));
    }
  });
}
