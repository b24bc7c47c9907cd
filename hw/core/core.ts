/**
 * The processor core: an in-order RV32 pipeline in machine mode. Fetch fills the instruction register of the execute stage;
 * that stage decodes, computes, decides branches and traps, and starts bus accesses, so that an instruction has an effect only
 * once everything before it has ended well. With three stages results are written one stage later.
 */
import { B, Flag, U, bool, cat, hw, repeat } from '../../gen/index.ts';
import type { Bool, UInt } from '../../gen/index.ts';
import { EXCEPTION, pmpConfigs } from '../isa/csr.ts';
import { immediateOf, rdOf, rs1Of, rs2Of } from '../isa/encoding.ts';
import { constant } from '../lib/constants.ts';
import { Aligner } from './aligner.ts';
import { Alu } from './alu.ts';
import { BitUnit } from './bit-unit.ts';
import { COUNTER, Prediction, isTaken } from './branch-predictor.ts';
import { xifOf } from './config.ts';
import type { CoreConfig } from './config.ts';
import { CsrUnit } from './csr-unit.ts';
import { LoadValue, StoreLanes } from './data-alignment.ts';
import { Debug } from './debug.ts';
import { Decoder, hasBitManipulation } from './decoder.ts';
import { Fetch } from './fetch.ts';
import { fieldOf } from './immediates.ts';
import { MulDiv } from './mul-div.ts';
import { Offload } from './offload.ts';
import { OverlappedOffload } from './overlapped-offload.ts';
import { FetchCheck, PmpCheck } from './pmp.ts';
import { corePorts } from './ports.ts';
import { RegisterFile } from './register-file.ts';
import { Word, allOf, anyOf, oneHot } from './word.ts';
import { TraceEvents } from './trace-events.ts';
import { WriteStage } from './write-stage.ts';

const NEVER = bool(false);

export function Core(config: CoreConfig) {
  return hw('Core', corePorts(config), (m, io) => {
    m.doc(`RV32 core of ${config.stages} stages, machine mode.`);
    const { isa } = config;
    const serial = config.shifter === 'serial';

    // --- fetch and the instruction register ---

    const fetch = m.inst('fetch', Fetch(config));
    fetch.ibus.gnt = io.ibus.gnt;
    fetch.ibus.rvalid = io.ibus.rvalid;
    fetch.ibus.rdata = io.ibus.rdata;
    const fetchCheck = config.pmpRegions > 0 ? m.inst('fetchCheck', FetchCheck(config.pmpRegions, config.prefetch)) : undefined;
    if (fetchCheck) {
      fetchCheck.granted = fetch.ibus.req.and(io.ibus.gnt);
      fetchCheck.wordAddress = fetch.ibus.addr.slice(31, 2);
      fetchCheck.answered = io.ibus.rvalid;
    }
    fetch.ibus.err = fetchCheck ? io.ibus.err.or(fetchCheck.denied) : io.ibus.err;
    io.ibus.req = fetch.ibus.req;
    io.ibus.addr = fetch.ibus.addr;
    const aligner = isa.c ? m.inst('aligner', Aligner(config)) : undefined;

    const x = m.regs({
      valid: Flag(false), instr: Word, pc: U<number>(32, config.bootAddress), fetchError: B,
      /** A cycle of this instruction has passed in which it may have had effects: no interrupt can come before it any more. */
      started: Flag(false),
    });
    const c = isa.c ? m.regs({ compressed: B, errorInSecondHalf: B }) : undefined;
    const guess = config.predictorEntries > 0 ? m.regs({ expected: Prediction, broken: Flag(false) }) : undefined;
    /** The last jump went where fetch was told, but that was not `wentTo`. Found a cycle later: the comparison is long. */
    const went = guess ? m.regs({ wentWrong: Flag(false), wentTo: Word }) : undefined;
    const expectsJump = guess ? isTaken(guess.expected) : NEVER;
    /** A jump that fetch has yet to hear of. */
    const late = config.redirect === 'registered' ? m.regs({ redirecting: Flag(false), redirectTo: Word }) : undefined;
    const next = aligner
      ? { valid: aligner.valid, instr: aligner.instr, error: aligner.error }
      : { valid: fetch.valid, instr: fetch.word, error: fetch.error };

    // --- decode ---

    const decoder = m.inst('decoder', Decoder(config));
    decoder.instr = x.instr;
    const d = decoder;
    const rd = fieldOf(x.instr, rdOf, 5);
    const rs1Number = fieldOf(x.instr, rs1Of, 5);
    const rs2Number = fieldOf(x.instr, rs2Of, 5);

    const registers = m.inst('registers', RegisterFile(config));
    const write = config.stages === 3 ? m.inst('writeStage', WriteStage(config.loadBypass)) : undefined;
    /** What the write stage holds is newer than the register: decided a cycle before it is needed. */
    const newer = write ? m.regs({ isNewer1: Flag(false), isNewer2: Flag(false) }) : undefined;
    const forward = (isNewer: Bool | undefined, stored: UInt): UInt =>
      (write && isNewer ? isNewer.and(write.hasResult).mux(write.bypass, stored) : stored);
    const { rs1, rs2 } = m.let({ rs1: forward(newer?.isNewer1, registers.rs1), rs2: forward(newer?.isNewer2, registers.rs2) });

    // --- compute ---

    const base = d.fromPc.mux(x.pc, d.fromZero.mux(Word.lit(0), rs1));
    const { address } = m.let({ address: base.addWrap(d.addressImmediate) });
    const { nextPc } = m.let({ nextPc: x.pc.addWrap(c ? c.compressed.mux<UInt>(2, Word.lit(4)) : Word.lit(4)) });

    const alu = m.inst('alu', Alu(config));
    alu.control = d.alu;
    if (isa.zba) alu.preshift = d.bits.preshift;
    alu.a = rs1;
    const { operandB } = m.let({ operandB: d.alu.immediateB.mux(d.operandImmediate, rs2) });
    alu.b = operandB;
    const bits = hasBitManipulation(config) ? m.inst('bits', BitUnit(config)) : undefined;
    if (bits) {
      bits.control = d.bits;
      bits.a = rs1;
      bits.b = operandB;
      bits.less = alu.less;
    }
    const { taken } = m.let({ taken: d.isBranch.and(d.branchOnLess.mux(alu.less, alu.equal).ne(d.branchInverted)) });
    const target = cat(address.slice(31, 1), d.clearBit0.not().and(address.bit(0))).named('target');

    // --- what may happen in this cycle ---

    const w = m.wires({ fault: B, previousDone: B, hazard: B, accessDone: B, trapTaken: B, complete: B });
    const csr = m.inst('csr', CsrUnit(config));
    const debug = config.debug ? m.inst('holder', Debug) : undefined;
    /** A debugger keeps the instruction from beginning. */
    const held = debug?.holds ?? NEVER;
    const { interrupt } = m.let({ interrupt: allOf(csr.interrupt, x.started.not(), w.previousDone, held.not()) });
    const { isControl } = m.let({ isControl: d.legal.and(d.isJump.or(d.isBranch)) });
    // The prediction was for other code, or for code that has changed: fetch again, without it.
    const mistaken = guess ? m.let({ mistaken: guess.broken.or(expectsJump.and(isControl.not())) }).mistaken : NEVER;
    const { refetch } = m.let({ refetch: allOf(x.valid, w.previousDone, interrupt.not(), x.fetchError.not(), mistaken, held.not()) });
    /** The instruction may have effects, if it raises no exception. */
    const { mayRun } = m.let({
      mayRun: allOf(x.valid, w.previousDone, w.hazard.not(), interrupt.not(), x.fetchError.not(), mistaken.not(), held.not()),
    });
    const { runs } = m.let({ runs: mayRun.and(d.legal) });
    const waiting = config.xif && !config.xifOverlap ? m.inst('offload', Offload(xifOf(config))) : undefined;
    const overlapped = config.xif && config.xifOverlap ? m.inst('offload', OverlappedOffload(xifOf(config))) : undefined;
    const offload = waiting ?? overlapped;
    // 16-bit instructions are never offered: the interface has no compressed part.
    const { offered } = m.let({ offered: offload ? allOf(mayRun, d.legal.not(), x.instr.slice(1, 0).eq(3)) : NEVER });

    // --- exceptions ---

    const isAccess = d.isLoad.or(d.isStore).named('isAccess');
    const store = m.inst('store', StoreLanes);
    store.size = d.accessSize;
    store.offset = address.slice(1, 0);
    store.value = rs2;
    const accessCheck = config.pmpRegions > 0 ? m.inst('accessCheck', PmpCheck(config.pmpRegions)) : undefined;
    if (fetchCheck && accessCheck) {
      fetchCheck.regions = csr.regions;
      accessCheck.regions = csr.regions;
      accessCheck.wordAddress = address.slice(31, 2);
      accessCheck.isStore = d.isStore;
      accessCheck.isFetch = NEVER;
    }
    const denied = accessCheck?.denied ?? NEVER;
    // What has been fetched was checked by the regions as they were: after an instruction that may change them it is fetched again.
    const isPmpCsr = csr.address.slice(11, 5).eq(pmpConfigs(config.pmpRegions)[0].address >> 5);
    const isPmpAccess = config.pmpRegions > 0 ? d.isCsr.and(isPmpCsr).named('isPmpAccess') : NEVER;
    const csrRefused = d.isCsr.and(csr.allowed.not());
    const unknown = offload ? offered.mux(offload.rejected, d.legal.not()) : d.legal.not();
    const e = m.let({
      fetchFault: allOf(x.valid, w.previousDone, interrupt.not(), x.fetchError, held.not()),
      illegal: mayRun.and(unknown.or(d.legal.and(csrRefused))),
      breakpoint: runs.and(d.isEbreak),
      call: runs.and(d.isEcall),
      targetMisaligned: isa.c ? NEVER : allOf(runs, d.isJump.or(taken), target.bit(1)),
      // With a write stage found there: the address comes late in this stage.
      accessMisaligned: write ? NEVER : allOf(runs, isAccess, store.misaligned),
      accessDenied: write ? NEVER : allOf(runs, isAccess, store.misaligned.not(), denied),
      accessFault: w.fault,
    });
    const { exception } = m.let({
      exception: anyOf(e.fetchFault, e.illegal, e.breakpoint, e.call, e.targetMisaligned, e.accessMisaligned, e.accessDenied),
    });
    const { trap } = m.let({ trap: anyOf(interrupt, exception, e.accessFault) });
    const faultIsStore = write ? write.faultIsStore : d.isStore;
    const cause = (name: keyof typeof EXCEPTION): UInt => constant<number>(5, EXCEPTION[name].cause, 'cause', name);
    const misalignedCause = (isStore: Bool): UInt =>
      isStore.mux(cause('storeMisaligned'), cause('loadMisaligned'));
    const faultCause = (isStore: Bool): UInt => isStore.mux(cause('storeFault'), cause('loadFault'));
    const trapCause = oneHot([
      [e.fetchFault, cause('instructionFault')],
      [e.illegal, cause('illegalInstruction')],
      [e.breakpoint, cause('breakpoint')],
      [e.call, cause('machineCall')],
      [e.targetMisaligned, cause('instructionMisaligned')],
      [e.accessMisaligned, misalignedCause(d.isStore)],
      [e.accessDenied, faultCause(d.isStore)],
      [e.accessFault, write
        ? write.faultIsMisaligned.mux(misalignedCause(faultIsStore), faultCause(faultIsStore))
        : faultCause(faultIsStore)],
    ]);
    csr.trapCause = trapCause;
    // A second half begins a word.
    const fetchFaultAt = c ? c.errorInSecondHalf.mux(cat(nextPc.slice(31, 2), U(2).lit(0)), x.pc) : x.pc;
    const badInstr = c ? cat(repeat(c.compressed.not(), 16).and(x.instr.slice(31, 16)), x.instr.slice(15, 0)) : x.instr;
    const { trapValue } = m.let({
      trapValue: oneHot([
        [e.fetchFault, fetchFaultAt], [e.breakpoint, x.pc], [e.illegal, badInstr],
        [anyOf(e.targetMisaligned, e.accessMisaligned, e.accessDenied), target],
        [e.accessFault, write ? write.faultAddress : address],
      ]),
    });
    csr.trap = w.trapTaken;
    csr.trapInterrupt = interrupt;
    const { trapPc } = m.let({ trapPc: write ? e.accessFault.mux(write.faultPc, x.pc) : x.pc });
    csr.trapPc = trapPc;
    csr.trapValue = trapValue;
    csr.irqSoftware = io.irqSoftware;
    csr.irqTimer = io.irqTimer;
    csr.irqExternal = io.irqExternal;

    // --- effects ---

    const { executes } = m.let({ executes: runs.and(exception.not()) });
    const wait = m.regs({ fencing: Flag(false) });
    const fenceI = executes.and(d.isFenceI).named('fenceI');
    io.fenceI = fenceI.and(wait.fencing.not());
    wait.fencing = fenceI.and(w.complete.not());

    const mulDiv = isa.m ? m.inst('mulDiv', MulDiv(config)) : undefined;
    if (mulDiv) {
      mulDiv.request = executes.and(d.isMulDiv);
      mulDiv.control = d.mulDiv;
      mulDiv.a = rs1;
      mulDiv.b = rs2;
    }
    if (offload) {
      offload.request = offered.and(offload.rejected.not());
      offload.instr = x.instr;
      offload.rd = rd;
      offload.rs1 = rs1;
      offload.rs2 = rs2;
      offload.dismiss = w.trapTaken;
      if (overlapped) {
        const unknownReads = d.legal.not();
        overlapped.rs1Number = rs1Number;
        overlapped.rs2Number = rs2Number;
        overlapped.reads1 = d.readsRs1.or(unknownReads);
        overlapped.reads2 = d.readsRs2.or(unknownReads);
        overlapped.writes = d.writesRd.or(unknownReads);
      }
      m.link(offload.xif, io.xif);
    }
    let shiftDone: Bool = bool(true);
    if (serial) {
      // The partly shifted value stands in for rs1, one bit a cycle, until no shift remains.
      const shift = m.regs({ shifting: Flag(false), remaining: U<number>(5) });
      const { distance } = m.let({ distance: shift.shifting.mux(shift.remaining, operandB.slice(4, 0)) });
      const { stepping } = m.let({ stepping: allOf(executes, d.alu.isShift, distance.ne(0)) });
      shift.shifting = stepping;
      shift.remaining = distance.subWrap(1);
      registers.feedback = stepping;
      if (write) registers.feedbackValue = alu.result;
      alu.stepping = stepping;
      shiftDone = stepping.not();
    }

    const { jumps } = m.let({ jumps: d.isJump.or(taken) });
    const { fenceDone } = m.let({ fenceDone: wait.fencing.and(io.fenceIDone) });
    // Nothing of the data bus's grant in here: a bus may grant one of the two sides depending on what the other one asks for.
    const unexpected = guess ? isControl.and(jumps.ne(expectsJump)).named('unexpected') : jumps;
    const { leavesStream } = m.let({ leavesStream: anyOf(unexpected, d.isMret, d.isFenceI.and(fenceDone), isPmpAccess) });
    /** Fetch will take a redirection in this cycle. */
    const canRedirect = late ? late.redirecting.not() : fetch.canRedirect;
    const wentWrong = went ? went.wentWrong : NEVER;
    const done = allOf(
      isAccess.not().or(w.accessDone),
      mulDiv ? d.isMulDiv.not().or(mulDiv.done) : bool(true),
      shiftDone,
      d.isWfi.not().or(debug ? csr.wakeUp.or(io.debug.halt) : csr.wakeUp),
      d.isFenceI.not().or(fenceDone),
      late ? bool(true) : leavesStream.not().or(canRedirect),
    );
    const ownDone = executes.and(done).named('ownDone');
    w.complete = offload ? ownDone.or(offload.done) : ownDone;
    w.trapTaken = trap.and(canRedirect);
    x.started = mayRun.and(w.complete.not()).and(w.trapTaken.not());

    const toDebugged = debug?.jump ?? NEVER;
    const { redirect } = m.let({ redirect: anyOf(trap, refetch, wentWrong, toDebugged, executes.and(leavesStream)) });
    const stays = anyOf(trap, refetch, wentWrong, toDebugged).named('stays');
    const isReturn = d.isMret.and(stays.not()).named('isReturn');
    const refetchesNext = d.isFenceI.or(isPmpAccess).named('refetchesNext');
    // Of a branch that does not do what was expected the expectation says where it goes.
    const notTaken: (readonly [Bool, UInt])[] = went
      ? [[refetch, x.pc], [wentWrong, went.wentTo], [allOf(expectsJump, isControl, stays.not()).named('goesOn'), nextPc]]
      : [];
    const debugged: (readonly [Bool, UInt])[] = debug ? [[toDebugged, io.debug.value]] : [];
    const otherwise = [...notTaken, ...debugged].map(([condition]) => condition);
    const { redirectTarget } = m.let({
      redirectTarget: oneHot([
        [trap, csr.handler], [isReturn, csr.returnPc], [refetchesNext.and(stays.not()), nextPc],
        ...notTaken, ...debugged,
        [anyOf(trap, d.isMret, refetchesNext, ...otherwise).not(), target],
      ]),
    });
    csr.trapReturn = w.complete.and(runs).and(d.isMret);

    // --- advance ---

    const again = anyOf(refetch, wentWrong, toDebugged).and(canRedirect);
    const { advance } = m.let({ advance: anyOf(x.valid.not(), w.complete, w.trapTaken, again) });
    const { leaves } = m.let({ leaves: redirect.and(canRedirect) });
    const [fetchRedirect, fetchTarget] = late ? [late.redirecting, late.redirectTo] : [redirect, redirectTarget];
    fetch.redirect = fetchRedirect;
    fetch.target = fetchTarget;
    if (late) {
      late.redirecting = leaves.or(late.redirecting.and(fetch.canRedirect.not()));
      // Taken every cycle that may redirect: whether one does is known late.
      m.when(canRedirect, () => {
        late.redirectTo = redirectTarget;
      });
    }
    /** The instruction as it stood in memory, for the trace. */
    let raw = x.instr;
    if (config.trace && aligner) {
      const kept = m.regs({ rawInstr: Word });
      m.when(advance, () => {
        kept.rawInstr = aligner.raw;
      });
      raw = kept.rawInstr;
    }
    if (aligner && c) {
      aligner.wordValid = fetch.valid;
      aligner.word = fetch.word;
      aligner.wordError = fetch.error;
      fetch.take = aligner.takeWord;
      aligner.take = advance;
      aligner.redirect = fetchRedirect.and(fetch.canRedirect);
      aligner.atUpperHalf = fetchTarget.bit(1);
      m.when(advance, () => {
        c.compressed = aligner.compressed;
        c.errorInSecondHalf = aligner.errorInSecondHalf;
      });
    } else {
      fetch.take = advance;
    }
    m.when(advance, () => {
      x.valid = late ? allOf(next.valid, leaves.not(), late.redirecting.not()) : next.valid.and(leaves.not());
      x.instr = next.instr;
      x.fetchError = next.error;
    });
    m.when(late ? late.redirecting : leaves, () => {
      x.pc = late ? late.redirectTo : redirectTarget;
    }).elseWhen(w.complete, () => {
      x.pc = guess ? expectsJump.mux(cat(guess.expected.target, U(1).lit(0)), nextPc) : nextPc;
    });
    if (guess && went) {
      const { follows } = m.let({ follows: allOf(w.complete, runs, isControl, jumps, expectsJump) });
      const { differs } = m.let({ differs: guess.expected.target.ne(target.slice(31, 1)) });
      went.wentWrong = follows.and(differs).or(went.wentWrong.and(canRedirect.not()));
      m.when(went.wentWrong.not(), () => {
        went.wentTo = target;
      });
      if (aligner) aligner.wordPrediction = fetch.prediction;
      m.when(advance, () => {
        guess.expected = aligner ? aligner.prediction : fetch.prediction;
        guess.broken = aligner ? aligner.broken : NEVER;
      });
      const count = guess.expected.counter;
      // What would not change is not written: a write waits until nobody reads the entry.
      const news = guess.expected.hit.mux(jumps.mux(count.ne(3).or(expectsJump.and(differs)), count.ne(0)), jumps);
      const { learns } = m.let({ learns: allOf(w.complete, runs, isControl, news) });
      // A prediction belongs to the word of the instruction's last half, a broken one to that of the first.
      const crosses = c ? allOf(x.pc.bit(1), c.compressed.not(), guess.broken.not()) : NEVER;
      fetch.update = learns.or(refetch);
      fetch.clear = refetch;
      fetch.updateAddress = crosses.mux(nextPc.slice(31, 2), x.pc.slice(31, 2));
      fetch.updateUpper = c ? x.pc.bit(1).eq(c.compressed) : bool(true);
      fetch.updateTarget = address.slice(31, 1);
      const more = count.eq(3).mux(count, count.addWrap(1));
      const less = count.eq(0).mux(count, count.subWrap(1));
      const counted = guess.expected.hit.mux(jumps.mux(more, less), COUNTER.likely);
      fetch.updateCounter = refetch.mux(COUNTER.never, counted);
    }
    const { next1, next2 } = m.let({
      next1: advance.mux(fieldOf(next.instr, rs1Of, 5), rs1Number), next2: advance.mux(fieldOf(next.instr, rs2Of, 5), rs2Number),
    });
    registers.next1 = next1;
    registers.next2 = next2;
    if (newer && write) {
      // Whatever stands in the write stage after this cycle: the instruction that completes now, or the one that stays.
      const { writeNext } = m.let({ writeNext: w.complete.mux(rd, write.writeRd) });
      newer.isNewer1 = next1.eq(writeNext);
      newer.isNewer2 = next2.eq(writeNext);
    }

    // --- CSR access ---

    const csrAddress = fieldOf(x.instr, (word) => immediateOf('csr', word), 12);
    const csrOperand = d.csrImmediate.mux(rs1Number.zext(32), rs1);
    const byDebugger = debug?.csrWrite ?? NEVER;
    csr.address = debug ? debug.csrAccess.mux(io.debug.number, csrAddress) : csrAddress;
    csr.active = d.isCsr.or(debug?.csrAccess ?? NEVER);
    csr.operand = debug ? byDebugger.mux(io.debug.value, csrOperand) : csrOperand;
    csr.writes = anyOf(d.csrReplace, rs1Number.ne(0), byDebugger);
    csr.replace = d.csrReplace.or(byDebugger);
    csr.clear = d.csrClear.and(byDebugger.not());
    csr.commit = allOf(w.complete, runs, d.isCsr).or(byDebugger);
    if (isa.zicntr) csr.mtime = io.mtime;
    if (config.counters) csr.complete = w.complete;

    // --- result ---

    const { computed } = m.let({
      computed: anyResult(alu.result, bits?.result, csr.readData, oneHot([
        [write ? anyOf(d.isAddress, d.isLoad, d.isStore) : d.isAddress, address], [d.isJump, nextPc],
        ...(mulDiv ? [[d.isMulDiv, mulDiv.result] as const] : []),
      ])),
    });
    /** Of an instruction of the extension unit, or of the core's own. With overlap the unit's results go their own way. */
    const ofUnit = (theirs: Bool, ours: Bool): Bool => (offload ? offload.done.mux(theirs, ours) : ours);
    const { writesRd } = m.let({ writesRd: ofUnit(waiting?.writes ?? NEVER, d.writesRd).and(rd.ne(0)) });

    // --- data bus ---

    io.dbus.addr = cat(address.slice(31, 2), U(2).lit(0)).exact(32);
    io.dbus.we = d.isStore;
    io.dbus.be = store.be.exact(4);
    io.dbus.wdata = store.wdata.exact(32);
    let result: UInt;
    /** The core's own write, with `uses` where it takes the port of the registers; the unit's results take it when it is free. */
    const writeRegister = (writes: Bool, uses: Bool, number: UInt, value: UInt): void => {
      if (overlapped) overlapped.portFree = uses.not();
      // The extension unit, and a debugger, write when the core does not.
      const other = overlapped
        ? { write: overlapped.resultWrite, number: overlapped.resultRd, value: overlapped.resultValue }
        : debug ? { write: debug.register, number: debug.registerNumber, value: io.debug.value } : undefined;
      registers.write = other ? writes.or(other.write) : writes;
      registers.rd = other ? other.write.mux(other.number, number) : number;
      registers.value = other ? other.write.mux(other.value, value) : value;
    };
    if (write && newer) {
      const refused = store.misaligned.or(denied).named('refused');
      io.dbus.req = allOf(executes, isAccess, refused.not());
      w.accessDone = io.dbus.gnt.or(refused);
      w.previousDone = went ? write.ready.and(went.wentWrong.not()) : write.ready;
      w.fault = write.fault;
      const loads = (isNewer: Bool, reads: Bool): Bool => isNewer.and(config.xif ? reads.or(d.legal.not()) : reads);
      const usesLoad = loads(newer.isNewer1, d.readsRs1).or(loads(newer.isNewer2, d.readsRs2));
      const loadHazard = config.loadBypass ? NEVER : write.isLoad.and(usesLoad);
      w.hazard = overlapped ? loadHazard.or(overlapped.hazard) : loadHazard;
      ({ result } = m.let({ result: waiting ? waiting.done.mux(waiting.value, computed) : computed }));
      write.push = w.complete;
      write.writes = writesRd;
      write.rd = rd;
      write.value = result;
      write.isAccess = d.legal.and(isAccess);
      write.misaligned = allOf(d.legal, isAccess, store.misaligned);
      write.denied = allOf(d.legal, isAccess, denied);
      write.isStore = d.isStore;
      write.accessSize = d.accessSize;
      write.zeroExtend = d.zeroExtend;
      write.pc = x.pc;
      write.rvalid = io.dbus.rvalid;
      write.rdata = io.dbus.rdata;
      write.err = io.dbus.err;
      write.dismiss = w.trapTaken;
      writeRegister(write.write, write.write, write.writeRd, write.writeValue);
      if (config.counters) csr.fail = write.fault;
    } else {
      const access = m.regs({ waiting: Flag(false), failed: Flag(false) });
      const load = m.inst('load', LoadValue);
      load.size = d.accessSize;
      load.zeroExtend = d.zeroExtend;
      load.offset = address.slice(1, 0);
      load.rdata = io.dbus.rdata;
      io.dbus.req = allOf(executes, isAccess, access.waiting.not());
      const { answered } = m.let({ answered: access.waiting.and(io.dbus.rvalid) });
      access.waiting = io.dbus.req.and(io.dbus.gnt).or(access.waiting.and(io.dbus.rvalid.not()));
      access.failed = answered.and(io.dbus.err).or(access.failed.and(w.trapTaken.not()));
      w.accessDone = answered.and(io.dbus.err.not());
      w.previousDone = went ? access.failed.or(went.wentWrong).not() : access.failed.not();
      w.fault = access.failed;
      w.hazard = overlapped ? overlapped.hazard : NEVER;
      const fromBus = computed.or(repeat(d.isLoad, 32).and(load.value));
      ({ result } = m.let({ result: waiting ? waiting.done.mux(waiting.value, fromBus) : fromBus }));
      writeRegister(w.complete.and(writesRd), executes.and(done).and(d.writesRd), rd, result);
      m.assert('answerWasAskedFor', io.dbus.rvalid.not().or(access.waiting), 'the data bus answers without a request');
    }
    if (config.trace) {
      const events = m.inst('traceEvents', TraceEvents(config));
      events.complete = w.complete;
      events.trapTaken = w.trapTaken;
      events.pc = trapPc;
      events.instr = raw;
      events.rd = rd;
      events.writes = writesRd;
      events.value = result;
      events.cause = interrupt.mux(csr.interruptCause, trapCause);
      events.tval = interrupt.mux(Word.lit(0), trapValue);
      events.interrupt = interrupt;
      events.fault = w.fault;
      if (write) {
        events.retires = write.retires;
        events.writeValue = write.writeValue;
      }
      m.link(events.trace, io.trace);
    }

    if (debug) {
      Object.assign(debug, {
        halt: io.debug.halt, writeRegister: io.debug.writeRegister, writeCsr: io.debug.writeCsr, writePc: io.debug.writePc,
        number: io.debug.number, value: io.debug.value, valid: x.valid, started: x.started,
        previousDone: late ? w.previousDone.and(late.redirecting.not()) : w.previousDone,
      });
      Object.assign(io.debug, {
        halted: debug.halted, ends: w.complete.or(w.trapTaken), tookPc: toDebugged.and(canRedirect), csrValue: csr.readData,
      });
    }

    const last = m.regs({ requestWaits: Flag(false), lastAccess: U<number>(36) });
    const attributes = cat(io.dbus.addr.slice(31, 2), io.dbus.we, io.dbus.be, U(1).lit(0)).named('attributes');
    last.requestWaits = io.dbus.req.and(io.dbus.gnt.not());
    m.when(io.dbus.req, () => {
      last.lastAccess = attributes;
    });
    const unchanged = io.dbus.req.and(attributes.eq(last.lastAccess));
    m.assert('requestIsStable', last.requestWaits.not().or(unchanged), 'a data request changes before it is granted');
    m.assert('pcIsAligned', x.pc.bit(0).not().and(isa.c ? bool(true) : x.pc.bit(1).not()), 'pc is no instruction address');
  });
}

const anyResult = (...results: (UInt | undefined)[]): UInt => results.filter((r) => r !== undefined).reduce((a, b) => a.or(b));
