/**
 * The front of the serial unit: takes instructions from the core over CV-X-IF and answers them. A command is answered as
 * soon as it starts; the next instruction but `tn.poll` is taken when it is complete. Operands pass by: the sequencer keeps
 * what it needs of them.
 */
import { B, Flag, In, Out, U, cat, hw, indexWidth } from '../../../gen/index.ts';
import type { Bool, ModuleDef, UInt } from '../../../gen/index.ts';
import { NO_FEATURES, TENSOR_UNITS } from '../../isa/tensor-rows.ts';
import type { TensorUnitName } from '../../isa/tensor-rows.ts';
import { TENSOR_COMMAND_OPS, TENSOR_INFO, TENSOR_PREFIX_OPS, TENSOR_QUESTION_OPS, TENSOR_STATE, commandsOf, tensorOpsWith } from '../../isa/tensor.ts';
import type { TensorCommandOp, TensorPrefixOp, TensorQuestionOp, TensorState } from '../../isa/tensor.ts';
import { constant } from '../../lib/constants.ts';
import { fires, xifUnit } from '../../lib/cv-x-if.ts';
import type { XifParams } from '../../lib/cv-x-if.ts';
import { tensorDecoder } from '../decode.ts';
import { informationOf } from '../dispatch.ts';
import { Intake } from '../intake.ts';
import type { TensorParams } from '../params.ts';

// What the table says is of some units only, a serial unit lacks.
const decoder = tensorDecoder(NO_FEATURES);
type SerialPrefixOp = Exclude<TensorPrefixOp, 'win'>;
const PREFIX_OPS = TENSOR_PREFIX_OPS.filter((op): op is SerialPrefixOp => tensorOpsWith(NO_FEATURES).includes(op));
export type SerialCommandOp = Exclude<TensorCommandOp, 'ldt' | 'dw' | 'mx' | 'dl' | 'mv' | 'ad' | 'mu' | 'tb'>;
export const SERIAL_COMMAND_OPS = TENSOR_COMMAND_OPS.filter((op): op is SerialCommandOp => tensorOpsWith(NO_FEATURES).includes(op));

/** What the sequencer executes, one wire each. */
export const frontOps: Readonly<Record<SerialPrefixOp | SerialCommandOp, ReturnType<typeof Out<Bool>>>> =
  { arg: Out(B), ld: Out(B), ldp: Out(B), mm: Out(B), rq: Out(B), st: Out(B), sta: Out(B) };

export const frontPorts = (xif: XifParams) => ({
  xif: xifUnit(xif),
  /** Operands in this cycle, and whether they are those of `tn.mm` or `tn.rq`. */
  take: Out(B), takesMm: Out(B), takesRq: Out(B), takesArg: Out(B), rs1: Out(U(32)), rs2: Out(U(32)),
  /** The instruction whose operands were taken, while it is in hand or executed. */
  op: frontOps,
  /** That instruction is answered: a prefix, or a command that starts. */
  go: Out(B),
  /** rs1 as the sequencer holds it. */
  heldRs1: In(U(32)),
  idle: In(B),
  /** What goes wrong with the command that is executed; a channel record that is out of range too. */
  rangeError: In(B), recordRefused: In(B), memoryError: In(B),
  /** A pending tn.arg, as `tn.state` returns it. */
  argStride: In(U(32)), argRowBytes: In(U(32)),
});

export function SerialFront(p: TensorParams, xif: XifParams): ModuleDef<ReturnType<typeof frontPorts>> {
  return hw('Front', frontPorts(xif), (m, io) => {
    m.doc('Takes tensor instructions from the core and answers them.');
    const intake = m.inst('intake', Intake(xif, tensorOpsWith(NO_FEATURES)));
    const { result } = io.xif;
    const r = m.regs({
      isPoll: B, key: U(decoder.keyBits), rd: U(5), refused: U(16, 0), failed: U(16, 0), hasRefused: B, hasFailed: B,
      /** A poll's answer that the core has not taken yet. */
      waits: Flag(false), waiting: U(4),
    });
    m.link(io.xif, intake.xif, ['issue', 'register', 'commit']);
    const { instr } = io.xif.issue.req;
    // As the word is offered, it need not be one of the table: then it is not taken, whatever this says.
    const { offeredKey } = m.let({ offeredKey: decoder.key(instr) });
    const { offersPoll } = m.let({ offersPoll: decoder.is(offeredKey)('poll') });
    intake.free = intake.full.not().and(io.idle.or(offersPoll));
    intake.leaves = fires(result);
    m.when(intake.taken, () => {
      r.isPoll = offersPoll;
      r.rd = instr.slice(11, 7);
    });
    // The key stays with the command that is executed: tn.poll may come meanwhile.
    m.when(intake.taken.and(offersPoll.not()), () => {
      r.key = offeredKey;
    });
    const { takesPoll } = m.let({ takesPoll: intake.taken.mux(offersPoll, r.isPoll) });
    io.take = intake.operands.and(takesPoll.not());
    const { takenKey } = m.let({ takenKey: intake.taken.mux(offeredKey, r.key) });
    const isTaken = decoder.is(takenKey);
    io.takesMm = isTaken('mm');
    io.takesRq = isTaken('rq');
    io.takesArg = isTaken('arg');
    io.rs1 = io.xif.register.rs.at(0).exact(32);
    io.rs2 = io.xif.register.rs.at(1).exact(32);

    const is = decoder.is(r.key);
    for (const op of [...PREFIX_OPS, ...SERIAL_COMMAND_OPS]) io.op[op] = is(op);
    result.valid = intake.ready;
    const { answersHeld } = m.let({ answersHeld: fires(result).and(r.isPoll.not()) });
    io.go = answersHeld.and(is(...PREFIX_OPS, ...SERIAL_COMMAND_OPS));

    // --- results ---
    const runs = (unit: TensorUnitName): Bool => io.idle.not().and(is(...commandsOf(unit)));
    // What is offered stays as it was offered.
    const running = cat(...[...TENSOR_UNITS].reverse().map(runs)).exact(4);
    const { polled } = m.let({ polled: r.waits.mux(r.waiting, running) });
    r.waits = result.valid.and(result.ready.not());
    r.waiting = polled;
    const status = cat(r.failed, r.refused).named('status');
    const answers: Readonly<Record<TensorQuestionOp, UInt | 'zero' | 'apart'>> = {
      // A serial unit has no counters. A poll's answer does not wait for the unit.
      info: information(), count: 'zero', poll: 'apart', fence: status, state: state(),
    };
    const held = TENSOR_QUESTION_OPS.reduceRight<UInt>((rest, op) => {
      const answer = answers[op];
      return answer === 'zero' || answer === 'apart' ? rest : is(op).mux(answer, rest);
    }, U(32).lit(0));
    m.link(intake.answer, result, ['hartid', 'id']);
    result.data = r.isPoll.mux(polled.zext(32), held).exact(32);
    result.rd = r.rd;
    result.we = r.isPoll.or(is(...TENSOR_QUESTION_OPS));
    // A command is counted once, however much of it goes wrong.
    const counted = (register: UInt<16>, event: Bool): UInt<16> => register.addWrap(event.asUInt().zext(16));
    const { refuses } = m.let({ refuses: io.rangeError.or(io.recordRefused) });
    r.refused = counted(r.refused, refuses.and(r.hasRefused.not()));
    r.hasRefused = io.go.not().and(r.hasRefused.or(refuses));
    r.failed = counted(r.failed, io.memoryError.and(r.hasFailed.not()));
    r.hasFailed = io.go.not().and(r.hasFailed.or(io.memoryError));

    function state(): UInt {
      const parts: Record<TensorState, UInt | 'zero'> =
        { status, argStride: io.argStride, argRowBytes: io.argRowBytes, winImage: 'zero', winWindow: 'zero', argGroupRows: 'zero' };
      const index = io.heldRs1;
      const known = TENSOR_STATE.flatMap(({ name }, i) => {
        const part = parts[name];
        return part === 'zero' ? [] : [{ name, i, part }];
      });
      const bits = indexWidth(known.length);
      const near = index.slice(bits - 1, 0);
      const part = known.reduce<UInt>((rest, { name, i, part: of }) => near.eq(constant(bits, i, 'state', name)).mux(of, rest), U(32).lit(0));
      return index.slice(31, bits).eq(0).mux(part, U(32).lit(0));
    }
    function information(): UInt {
      const facts = informationOf(p);
      const index = io.heldRs1;
      const near = index.slice(3, 0);
      // The number of a feature is 0, as what there is not.
      const known = TENSOR_INFO.flatMap(({ name }, i) => (Object.hasOwn(NO_FEATURES, name) ? [] : [{ name, i }]));
      const fact = known.reduce((rest, { name, i }) => near.eq(constant(4, i, 'info', name)).mux(U(32).lit(facts[name]), rest), U(32).lit(0));
      return index.slice(31, 4).eq(0).mux(fact, U(32).lit(0));
    }
  });
}
