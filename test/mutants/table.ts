/**
 * Faults to plant: each a place in a source file, what stands there instead, and the test files of which one must fail. The
 * kinds are those that people make: a lost case, a wrong bound, a sign, an operand, a limit that is gone, work that is done twice.
 * `npm run test:mutants` plants them; `table.test.ts` keeps the table from rotting. Must not know how they are planted.
 */

export interface Mutant {
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly old: string;
  readonly to: string;
  /** What is wrong then. */
  readonly fault: string;
  readonly tests: readonly string[];
}

/** The file's text with the fault in it. @throws Error where the place is not unique */
export function plant(text: string, { file, old, to }: Mutant): string {
  const parts = text.split(old);
  if (parts.length !== 2) throw new Error(`${file}: the text ${JSON.stringify(old)} occurs ${parts.length - 1} times, not once`);
  return parts.join(to);
}

const NAMING = 'test/gen/print/naming.test.ts';
const CONSTANTS = 'test/gen/passes/carry-constants.test.ts';
const LAWS = 'test/gen/passes/laws.test.ts';
const LANES = 'test/gen/print/lane-designs.test.ts';
const RESETS = 'test/gen/print/resets.test.ts';
const QUICK = 'test/gen/passes/quick-checks.test.ts';
const CYCLES = 'test/performance/cycles.test.ts';
const TENSOR_UNIT = 'test/hw/tensor/tensor-unit.test.ts';
const INSTRUCTION_CACHE = 'test/hw/lib/instruction-cache.test.ts';
const MESH = 'test/hw/tensor/mesh.test.ts';
const SCRATCHPAD = 'test/hw/tensor/scratchpad.test.ts';
const TABLE_PROGRAMS = 'test/hw/tensor/table-programs.test.ts';
const TIMING = 'test/sim/timing/program-timing.test.ts';
const SHORTCUTS = 'test/sim/timing/loop-shortcuts.test.ts';
const REFUSALS = 'test/hw/tensor/refusals.test.ts';
const DECODE = 'test/hw/tensor/decode.test.ts';
const RECORDS = 'test/hw/tensor/records.test.ts';
const WATCHDOG = 'test/sim/watchdog.test.ts';
const COUNTERS = 'test/hw/tensor/counters.test.ts';
const IMPLEMENTED = 'test/hw/isa/implemented.test.ts';
const LOCKSTEP = 'test/hw/core/lockstep.test.ts';
const SEMANTICS = 'test/sim/engine/semantics.test.ts';
const ENGINE_LANES = 'test/sim/engine/lanes.test.ts';
const MODEL_TENSOR = 'test/sim/model/tensor.test.ts';
const MACHINE_MODE = 'test/hw/core/machine-mode.test.ts';
const GGUF_ARRAYS = 'test/sw/formats/gguf-arrays.test.ts';

export const MUTANTS: readonly Mutant[] = [
  // --- gen: the language, its passes and its printer ---
  { file: 'gen/passes/place-loops.ts', old: 'return depth === 0 && areApart(group) ? group : together(unrolled(group));', to: 'return group;',
    fault: 'lanes that drive one place are blocks of their own', tests: [LANES] },
  { file: 'gen/passes/place-loops.ts', old: 'else: branch((s) => s.else) };', to: 'else: first.else };',
    fault: 'of rounds that are put together only the first has what is done otherwise', tests: ['test/gen/passes/place-loops.test.ts'] },
  { file: 'gen/lang/aggregates.ts', old: 'offset: expr.offset + at', to: 'offset: at',
    fault: 'near() forgets how far the place is from the lane', tests: [LANES] },
  { file: 'gen/lang/reductions.ts', old: 'join(at(lane.times(2).expr), at(lane.times(2).plus(1).expr))', to: 'join(at(lane.times(2).plus(1).expr), at(lane.times(2).expr))',
    fault: 'a fold takes the later element first', tests: [LANES] },
  { file: 'gen/print/statements.ts', old: 'common += x.kind === \'switch\' ? COMMON : 1;', to: 'common += 1;',
    fault: 'a switch that drives registers with and without reset is printed twice', tests: [RESETS] },
  { file: 'gen/print/statements.ts', old: 'return common >= COMMON;', to: 'return true;',
    fault: 'one common condition takes registers without reset into the block of those with', tests: [RESETS] },
  { file: 'gen/print/module.ts', old: ' && resets.length === regs.length', to: '',
    fault: 'a block is under the reset of some of its registers, which is then an enable of the others', tests: [RESETS] },
  { file: 'gen/print/module.ts', old: 'reset.length > 0 ? [...body, inReset(reset)] : body', to: 'reset.length > 0 ? [inReset(reset), ...body] : body',
    fault: 'what is assigned in reset overrides the reset', tests: [RESETS] },
  { file: 'gen/print/module.ts', old: ', ...resets.rest(m.body)', to: '',
    fault: 'what no lane drives of a register is not reset', tests: [LANES] },
  { file: 'gen/ir/expr.ts', old: ' && laneRange(index).most < of.length', to: '',
    fault: 'an index that only some lanes have is taken for a place', tests: [LANES] },
  { file: 'gen/ir/fold.ts', old: 'neg: (bits) => -bits,', to: 'neg: (bits) => bits,',
    fault: 'the negation of a constant is the constant', tests: ['test/gen/passes/simplify.test.ts', SEMANTICS] },
  { file: 'gen/passes/laws.ts', old: 'const isOnes = (x: Expr): boolean => isLit(x, mask(widthOf(x.type)));', to: 'const isOnes = (x: Expr): boolean => isLit(x, 1n);',
    fault: 'an operation with 1 is taken for one with all ones', tests: [LAWS, 'test/gen/passes/simplify.test.ts'] },
  { file: 'gen/passes/laws.ts', old: 'const keepsSign = e.fn === \'shr\' && e.type.kind === \'sint\';', to: 'const keepsSign = false;',
    fault: 'a signed number shifted by more than its width becomes 0 instead of its sign', tests: [LAWS, 'test/gen/lang/values.test.ts'] },
  { file: 'gen/passes/laws.ts', old: 'x.op === \'lit\' && numeric(x.type, x.value) === 1n;', to: 'isLit(x, 1n);',
    fault: 'a product with -1 in one bit is taken for one with 1', tests: [LAWS] },
  { file: 'gen/passes/laws.ts', old: '(widthOf(of.type) === widthOf(type) ? seenAs(of, type) : { op: \'extend\', type, of })', to: '({ op: \'cast\', type, of })',
    fault: 'a product with 1 keeps the width of its operand', tests: [LAWS] },
  { file: 'gen/passes/laws.ts', old: 'e.a.op === \'unary\' && e.a.fn === e.fn && e.a.a);', to: 'e.a.op === \'unary\' && e.a.a);',
    fault: 'the negation of a complement is the number', tests: [LAWS] },
  { file: 'gen/passes/laws.ts', old: 'isGate(e) && (isLit(e.b, 0n) || e.b === e.cond)', to: 'isGate(e) && (isLit(e.b, 0n) || e.a === e.cond)',
    fault: 'a choice of its condition is taken for the other one', tests: [LAWS] },
  { file: 'gen/passes/laws.ts', old: 'isGate(e) && isLit(e.b, 1n) && either(e, not(e, e.cond), e.a)', to: 'isGate(e) && isLit(e.b, 1n) && either(e, e.cond, e.a)',
    fault: 'what is 1 unless its condition holds becomes an OR with the condition', tests: [LAWS] },
  { file: 'gen/passes/laws.ts', old: 'isBool(e) && !isLabel(e.cond)', to: 'isBool(e)',
    fault: 'arms of a case that are constants are taken out of it', tests: [LAWS, 'test/gen/print/tables.test.ts'] },
  { file: 'gen/passes/simplify.ts', old: 'if (to === from || one === from) return one;', to: 'return one;',
    fault: 'what operands that become one node make needless stays', tests: [LAWS] },
  { file: 'gen/passes/carry-constants.ts', old: 's !== found.get(s.target) && found.delete(s.target)', to: 's.path.length > 0 && found.delete(s.target)',
    fault: 'a wire that holds a constant under a condition only passes for a constant', tests: [CONSTANTS] },
  { file: 'gen/passes/carry-constants.ts', old: 'first.has(s.target) ? undefined : s));', to: 's));',
    fault: 'the last of several drivers of a wire passes for the only one', tests: [CONSTANTS] },
  { file: 'gen/passes/carry-constants.ts', old: 'return cond.op === \'lit\' ? c : { ...c, cond };', to: 'return { ...c, cond };',
    fault: 'an assertion that constants decide loses its words', tests: [CONSTANTS] },
  { file: 'gen/passes/dead-code.ts', old: '  for (const s of constantWires(m).keys()) mark(s);\n', to: '',
    fault: 'a wire whose constant is carried cannot be looked at', tests: [CONSTANTS] },
  { file: 'sim/verilator/simulator.ts', old: 'return wire.value !== undefined || this.lookUp(wire) !== NONE;', to: 'return this.lookUp(wire) !== NONE;',
    fault: 'under Verilator a wire whose constant is carried cannot be looked at', tests: ['test/sim/verilator/engine.test.ts'] },
  { file: 'gen/passes/coverage.ts', old: 'from.full === from.place.branches ? ALL : SOME;', to: 'from.full > 0 ? ALL : SOME;',
    fault: 'a wire that is driven on one path only passes for driven', tests: ['test/gen/passes/check-drivers.test.ts'] },
  { file: 'gen/passes/coverage.ts', old: 'if (frame.exact) again ??=', to: 'if (frame.exact === e) again ??=',
    fault: 'a signal may be driven twice', tests: ['test/gen/passes/check-drivers.test.ts'] },
  { file: 'gen/passes/coverage.ts', old: 'const isCertain = (from.place.outer?.forks ?? 0) === to.place.forks;', to: 'const isCertain = true;',
    fault: 'a wire that is driven inside of another when only passes for driven', tests: ['test/gen/passes/check-drivers.test.ts'] },
  { file: 'gen/passes/coverage.ts', old: 'place, isLast: false, isInline: true });', to: 'place: undefined, isLast: false, isInline: false });',
    fault: 'what a loop drives again of what stands before it goes unnoticed', tests: [QUICK] },
  { file: 'gen/passes/driven-places.ts', old: '(own.offset === first.offset || (own.offset - first.offset) % own.scale !== 0)', to: 'true',
    fault: 'rounds of a loop that drive the same places are checked as if they did not', tests: [QUICK] },
  { file: 'gen/passes/quick-paths.ts', old: '    if (scope) list.push(scope);\n', to: '',
    fault: 'the quick look for loops overlooks conditions', tests: [QUICK] },
  { file: 'gen/passes/split-loops.ts', old: 'if (typeof index === \'number\') return [to(parts[index], rest, s.value)];', to: 'if (typeof index === \'number\') return [to(parts[0], rest, s.value)];',
    fault: 'an assignment to an element of a split vector goes to its first element', tests: ['test/gen/passes/split-loops.test.ts'] },
  { file: 'gen/ir/expr.ts', old: 'done.set(e, keepHint(e, rewrite(mapOperands(e, known)))));', to: 'done.set(e, rewrite(mapOperands(e, known))));',
    fault: 'a pass that puts another node in the place of a value drops its hint', tests: [NAMING] },
  { file: 'gen/passes/unroll.ts', old: ': keepHint(e, rewrite(mapOperands(e, known)));', to: ': rewrite(mapOperands(e, known));',
    fault: 'a value in a loop that is written out loses its hint where it becomes simpler', tests: [NAMING] },
  { file: 'gen/ir/expr.ts', old: 'from.hint !== undefined && to.hint === undefined && to.op', to: 'from.hint !== undefined && to.op',
    fault: 'a hint that a value has gives way to that of what it stands for', tests: [NAMING] },
  { file: 'gen/print/naming.ts', old: '(this.hints.get(hint) ?? 0) < 2)', to: '(this.hints.get(hint) ?? 0) < 99)',
    fault: 'values of one hint are numbered over the whole module', tests: [NAMING] },
  { file: 'gen/print/naming.ts', old: 'const wish = owner ? `${nameOf(owner)}_${hint ?? kind}` : (hint ?? kind);', to: 'const wish = hint ?? kind;',
    fault: 'wires without a hint are numbered over the whole module', tests: [NAMING] },
  { file: 'gen/print/naming.ts', old: 'for (let i = statements.length - 1; i >= 0; i--) {', to: 'for (let i = 0; i < statements.length; i++) {',
    fault: 'a condition is called after what stands before it', tests: [NAMING] },
  { file: 'gen/print/naming.ts', old: 'if (known) {\n          known.count++;', to: 'if (known) {\n          this.uses.set(e, { count: known.count + 1, owner });',
    fault: 'a wire is called after what needs it last', tests: [NAMING] },
  { file: 'gen/print/module.ts', old: 'return this.options.positions ? { comment: String(site) } : {};', to: 'return { comment: String(site) };',
    fault: 'the text says from which line each block comes, unasked', tests: ['test/hw/browser.test.ts', 'test/gen/print/goldens.test.ts'] },
  { file: 'gen/site.ts', old: 'const OWN = ROOT === undefined ? OWN_PATH : `${ROOT}gen/`;', to: 'const OWN = `${ROOT ?? \'\'}gen/`;',
    fault: 'in a bundle a mistake is told with a line of the language', tests: ['test/hw/browser.test.ts'] },
  { file: 'gen/uncaught.ts', old: 'import { nodeModule, nodeProcess } from \'./node.ts\';', to: 'import \'node:fs\';\nimport { nodeModule, nodeProcess } from \'./node.ts\';',
    fault: 'the language asks for a module of Node', tests: ['test/hw/browser.test.ts'] },

  // --- hw/isa: the tables ---
  { file: 'hw/isa/tensor.ts', old: '  sta: command(\'store\', {\n', to: '  swap: command(\'vector\', {\n    mnemonic: \'tn.swap\', opcode: CUSTOM_1, funct3: 7, summary: \'Exchanges the banks.\', rs1: [], rs2: [], uses: [], semantics: [\'the banks are exchanged\'],\n  }),\n  sta: command(\'store\', {\n',
    fault: 'the table has a tensor command that no unit and no model executes', tests: [IMPLEMENTED] },
  { file: 'hw/isa/tensor.ts', old: '  sta: command(\'store\', {\n', to: '  swap: command(\'store\', {\n    mnemonic: \'tn.swap\', opcode: CUSTOM_1, funct3: 6, funct7: 1, summary: \'Exchanges the banks.\', rs1: [], rs2: [], uses: [], semantics: [\'the banks are exchanged\'],\n  }),\n  sta: command(\'store\', {\n',
    fault: 'the table has a tensor command, told from another one by funct7 alone, that no unit and no model executes', tests: [IMPLEMENTED] },
  { file: 'hw/isa/tensor.ts', old: '  fence: question({\n', to: '  peekAt: question({\n    mnemonic: \'tn.peek\', opcode: CUSTOM_0, funct3: 5, summary: \'Reads an accumulator.\', semantics: [\'rd = acc\'],\n  }),\n  fence: question({\n',
    fault: 'the table has a tensor question that nothing answers', tests: [IMPLEMENTED] },
  { file: 'hw/isa/tensor-rows.ts', old: 'const R_TYPE_MASK = 0xfe00707f;', to: 'const R_TYPE_MASK = 0xfc00707f;',
    fault: 'a bit of funct7 is no part of a tensor instruction', tests: [DECODE] },
  { file: 'hw/isa/riscv-bitmanip.ts', old: 'export const ZBS = {', to: 'export const ZBS = {\n  pack: { mnemonic: \'pack\', extension: \'zbs\', format: \'R\', match: 0x0800_4033, mask: 0xfe00_707f, summary: \'rd = the lower halves\' },',
    fault: 'the table has a RISC-V instruction that nothing executes', tests: [IMPLEMENTED] },
  { file: 'hw/isa/tensor.ts', old: 'f(\'accRow\', 0, 12, \'first accumulator row\'), atLeast1(\'count\', 12, 12, \'activation rows, at least 1\'),', to: 'f(\'accRow\', 0, 11, \'first accumulator row\'), atLeast1(\'count\', 12, 12, \'activation rows, at least 1\'),',
    fault: 'tn.mm cannot name the upper half of the largest accumulators', tests: [IMPLEMENTED] },

  // --- hw/core ---
  { file: 'hw/core/alu.ts', old: 'io.less = control.unsignedOrder.mux(borrow, borrow.xor(a.bit(31)).xor(b.bit(31)));', to: 'io.less = control.unsignedOrder.mux(borrow, borrow.xor(a.bit(31)));',
    fault: 'signed comparison looks at the sign of one operand only', tests: ['test/hw/core/core.test.ts', LOCKSTEP] },
  { file: 'hw/core/alu.ts', old: 'control.arithmetic.and(a.bit(31)).mux<UInt>(', to: 'a.bit(31).mux<UInt>(',
    fault: 'a logical right shift brings in the sign', tests: ['test/hw/core/core.test.ts', LOCKSTEP] },
  { file: 'hw/core/mul-div.ts', old: 'control.upperResult.mux(signA, signA.ne(signB).and(b.orR()))', to: 'control.upperResult.mux(signA, signA.ne(signB))',
    fault: 'a negative number divided by 0 gives 1 instead of −1', tests: ['test/hw/core/mul-div.test.ts'] },
  { file: 'hw/core/data-alignment.ts', old: 'io.misaligned = isWord.and(io.offset.ne(0)).or(isHalf.and(io.offset.bit(0)));', to: 'io.misaligned = isWord.and(io.offset.bit(0)).or(isHalf.and(io.offset.bit(0)));',
    fault: 'a word at a half-word address is stored without a trap', tests: [MACHINE_MODE, LOCKSTEP] },
  { file: 'hw/core/data-alignment.ts', old: 'isHalf.mux(half.bit(15), low.bit(7))', to: 'half.bit(15)',
    fault: 'a loaded byte is extended by the sign of its half word', tests: ['test/hw/core/core.test.ts', LOCKSTEP] },
  { file: 'hw/core/csr-unit.ts', old: '      r.mstatusMie = r.mstatusMpie;\n', to: '      r.mstatusMie = bool(true);\n',
    fault: 'mret enables interrupts whatever they were before the trap', tests: [MACHINE_MODE, LOCKSTEP] },
  { file: 'hw/core/csr-unit.ts', old: 'm.when(counts.or(takenBack)', to: 'm.when(counts',
    fault: 'an access that fails in the write stage stays counted', tests: [MACHINE_MODE, LOCKSTEP] },
  { file: 'hw/core/csr-unit.ts', old: 'io.clear.mux(io.readData.and(io.operand.not()), io.readData.or(io.operand))', to: 'io.clear.mux(io.readData.and(io.operand), io.readData.or(io.operand))',
    fault: 'csrrc keeps the bits that it should clear', tests: [MACHINE_MODE, LOCKSTEP] },
  { file: 'hw/core/pmp.ts', old: 'm.when(pmp.locked.at(i).or(beginsRange).not(), () => {', to: 'm.when(pmp.locked.at(i).not(), () => {',
    fault: 'the lower end of a locked range can be moved', tests: ['test/hw/core/pmp.test.ts'] },
  { file: 'hw/core/branch-predictor.ts', old: 'entry.tag.eq(asked.askedTag)', to: 'entry.tag.eq(asked.askedTag).or(bool(true))',
    fault: 'the predictor believes entries of other addresses: slower, still right', tests: [CYCLES] },

  // --- hw/lib and hw/soc ---
  { file: 'hw/lib/queue.ts', old: 'r.full = arrives.and(after(next).eq(first));', to: 'r.full = arrives.and(next.eq(first));',
    fault: 'a queue does not notice that it is full', tests: ['test/hw/lib/queue.test.ts'] },
  { file: 'hw/lib/arbiter.ts', old: 'r.locked = ends.not();', to: 'r.locked = bool(false);',
    fault: 'an arbiter changes its mind in the middle of a burst', tests: ['test/hw/lib/arbiter.test.ts'] },
  { file: 'hw/lib/arbiter.ts', old: 'turn = anyOf(later).mux<UInt>(firstOf(later), turn);', to: 'turn = anyOf(later).mux<UInt>(turn, turn);',
    fault: 'round robin always favours the first', tests: ['test/hw/lib/arbiter.test.ts'] },
  { file: 'hw/soc/clint.ts', old: 'm.when(isCompare.and(isWritten), () =>', to: 'm.when(isCompare.and(writes), () =>',
    fault: 'a store to half of mtimecmp writes both halves', tests: ['test/hw/soc/clint.test.ts'] },
  { file: 'hw/soc/uart-phy.ts', old: 'r.full = r.second;', to: 'r.full = bool(true);',
    fault: 'a byte without a stop bit is received', tests: ['test/hw/soc/uart.test.ts'] },
  { file: 'hw/soc/config.ts', old: 'latencyCycles: v.simulation.latency,', to: 'latencyCycles: 1,',
    fault: 'the latency of the configuration is ignored', tests: ['test/hw/soc/config.test.ts', CYCLES] },

  { file: 'hw/isa/tensor-checks.ts', old: 'Math.ceil((lastLane(rs1, rs2) + 1) / facts.rows)', to: 'Math.ceil(lastLane(rs1, rs2) / facts.rows)',
    fault: 'the parts of a requantisation are counted too low', tests: [REFUSALS, MODEL_TENSOR] },
  { file: 'hw/isa/tensor-checks.ts', old: 'commandOf(this.op).mainMemory?.takesPrefix ? prefix : undefined', to: 'prefix',
    fault: 'tn.ldp takes stride and row length of a tn.arg', tests: [REFUSALS, MODEL_TENSOR] },

  // --- hw/tensor: both forms ---
  { file: 'hw/tensor/decode.ts', old: 'mask: gathered(mask, bits)', to: 'mask: gathered(mask & 0x707f, bits)',
    fault: 'tensor instructions are told apart by opcode and funct3 only', tests: [DECODE] },
  { file: 'hw/tensor/intake.ts', old: 'instr.and(i.mask).eq(i.match)', to: 'instr.and(i.mask & 0x1ffffff).eq(i.match)',
    fault: 'a word is taken for a tensor instruction whatever its funct7', tests: [DECODE] },

  // --- hw/tensor: overlapped form ---
  { file: 'hw/tensor/mesh-control.ts', old: 'w.filling.and(io.weights.mayRead);', to: 'w.filling.and(io.weights.mayRead).and(a.streaming.not());',
    fault: 'weights are no longer loaded while the other bank is in use: slower, still right', tests: [CYCLES] },
  { file: 'hw/lib/instruction-cache.ts', old: 'coming.mux<UInt>(aheadAddress, address) })', to: 'coming.mux<UInt>(address, address) })',
    fault: 'a line that was fetched ahead is kept under the address of the request before', tests: [INSTRUCTION_CACHE] },
  { file: 'hw/lib/instruction-cache.ts', old: 'ahead.offered.or(ahead.wanted', to: 'misses.not().and(ahead.offered).or(ahead.wanted',
    fault: 'a line that is offered to memory is taken back', tests: [INSTRUCTION_CACHE] },
  { file: 'hw/lib/instruction-cache.ts', old: 'isAhead ? mayAsk.and(isAhead.not()) : mayAsk', to: 'mayAsk',
    fault: 'a line is looked up while it is fetched ahead, and fetched again', tests: [INSTRUCTION_CACHE, CYCLES] },
  { file: 'hw/tensor/mesh.ts', old: 'const weights = skewWeights.lanesOut;', to: 'const weights = io.w;',
    fault: 'weights do not wait for the rows of the mesh below', tests: [MESH, TENSOR_UNIT] },
  { file: 'hw/tensor/mesh-control.ts', old: 'handOver.handOver.or(w.filling.not().and(w.loaded.not()));', to: 'handOver.handOver.or(w.filling.not());',
    fault: 'new weights overtake the last rows in the mesh', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/mesh-control.ts', old: 'a.streaming.not().or(lastRow.and(readsLastSums.not()))', to: 'a.streaming.not().or(lastRow)',
    fault: 'a product reads sums in the cycle in which the one before writes them', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/accumulators.ts', old: '(i) => i.eq(0).or(i.le(s1.lastColumn))', to: '(i) => i.le(i)',
    fault: 'a product of few columns writes all lanes', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/accumulators.ts', old: 'meshTakes(io.store).not()).and(vectorTakes.not());', to: 'meshTakes(io.store).not());',
    fault: 'the store unit is granted a read that the vector unit takes', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/scratchpad.ts', old: 'io.store.grant = granted(s, [a, w]);', to: 'io.store.grant = granted(s, [a]);',
    fault: 'the store unit is granted a row that weights take', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/hazards.ts', old: '.and(a.first.le(b.last)).and(b.first.le(a.last))', to: '.and(a.first.le(b.last)).and(b.first.lt(a.last))',
    fault: 'commands that share one block only, the first of one and the last of the other, do not wait', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/hazards.ts', old: '(mine.writes || theirs.writes)', to: '(mine.writes && theirs.writes)',
    fault: 'commands that read do not wait for those that write', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/hazards.ts', old: 'valid.and(row.ge(first)).and(row.le(last))', to: 'valid.and(row.gt(first)).and(row.le(last))',
    fault: 'a unit reads the row that the one before it writes next', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/unit-queue.ts', old: 'left.eq(0).or(left.eq(1).and(followable))', to: 'left.le(1)',
    fault: 'a command follows one that has not begun', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/mesh-control.ts', old: '.and(mayFollow).and(io.lateIsThere)', to: '.and(mayFollow)',
    fault: 'activations are read before the load that brings them has begun', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/tensor-unit.ts', old: 'isWritten(vector.accumulators.row, control.unwritten, control.writing)', to: 'isWritten(vector.accumulators.row, control.unwritten)',
    fault: 'sums are read in the cycle in which they are written', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/vector-unit.ts', old: 'active.and(o.isLong.not())', to: 'active',
    fault: 'the rows of a long requantisation are followed as if they came in ascending order', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/storer.ts', old: 'staysHeld.and(hasSpare.or(arrives)).or(hasSpare.and(arrives)).not()', to: 'hasSpare.not()',
    fault: 'the store unit reads a chunk for which it has no room', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/mesh.ts', old: 'r.load0 = vecOf([io.load0In, r.load0.at(0)]);', to: 'r.load0 = vecOf([io.load0In, io.load0In]);',
    fault: 'the order to load weights passes two rows of cells in a cycle', tests: [MESH] },
  { file: 'hw/tensor/mesh.ts', old: 'grid.fromWest(\'bankIn\', \'bankOut\', vecOf(bank));\n      grid.fromNorth(\'pIn\', \'pOut\', inGroups', to:
    'grid.all(\'bankIn\', io.bank);\n      grid.fromNorth(\'pIn\', \'pOut\', inGroups', fault: 'which weights a row uses does not travel with it from tile to tile', tests: [MESH] },
  { file: 'hw/tensor/loader.ts', old: 'isKept.at(i).and(rowCompletes.not()).mux(', to: 'isKept.at(i).mux(',
    fault: 'bytes of rows that are complete stay in their places', tests: [TABLE_PROGRAMS] },
  { file: 'hw/tensor/scratchpad.ts', old: 'distance.zext(lowBits + 1).lt(io.load.count)', to: 'distance.zext(lowBits + 1).le(io.load.count)',
    fault: 'a load writes a row more than it has', tests: [SCRATCHPAD] },
  { file: 'hw/isa/tensor.ts', old: '{ memory: \'scratchpad\', access: \'write\', first: \'row\', rows: { count: \'count\', partsOf: \'columnsMinus1\' } },\n', to: '',
    fault: 'the table forgets that a requantisation writes the scratchpad', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/hazards.ts', old: 'mine === \'write\' || theirs === \'write\'', to: 'mine === \'write\' && theirs === \'write\'',
    fault: 'loads do not wait for earlier stores', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/operand-ranges.ts', old: 'last.ge(this.p[TENSOR_MEMORIES[memory].rows])', to: 'last.gt(this.p[TENSOR_MEMORIES[memory].rows])',
    fault: 'a row one beyond the last of a memory is not refused', tests: [REFUSALS] },
  { file: 'hw/tensor/operand-ranges.ts', old: '.or(isAligned.and(odd(rowBytes)));', to: ';',
    fault: 'tn.sta takes a row length that is no multiple of 4', tests: [REFUSALS] },
  { file: 'hw/tensor/operand-ranges.ts', old: 'isAligned.and(odd(rs1).or(this.usesPrefix.and(odd(stride))))', to: 'isAligned.and(odd(rs1))',
    fault: 'tn.sta takes a stride that is no multiple of 4', tests: [REFUSALS] },
  { file: 'hw/tensor/dispatch.ts', old: 'm.when(isCommand, () => {', to: 'm.when(isCommand.or(op(\'fence\')), () => {',
    fault: 'a fence, of an interrupt handler too, discards a pending tn.arg', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/loader.ts', old: 'r.hasFailed = r.hasFailed.or(failed).and(io.done.not());', to: 'r.hasFailed = r.hasFailed.or(failed);',
    fault: 'only the first load of which memory answers a transfer with an error is counted', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/channel-records.ts', old: 'given.lt(CHANNEL_RECORD.shift.least).or(given.gt(CHANNEL_RECORD.shift.most))', to: 'given.gt(CHANNEL_RECORD.shift.most)',
    fault: 'a channel record with shift 0 passes for legal', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/channel-records.ts', old: 'cat(data.bit(31).and(badMultiplier.not()), data', to: 'cat(data.bit(31), data',
    fault: 'a negative multiplier is kept, for which the requantisers have no common meaning', tests: [RECORDS] },
  { file: 'sim/model/tensor.ts', old: 'multiplier & 0x7fff_ffff;', to: 'Math.abs(multiplier);',
    fault: 'the model keeps the amount of a negative multiplier', tests: [RECORDS, MODEL_TENSOR] },
  { file: 'hw/tensor/serial/requantise-element.ts', old: 'isFar.and(isNegative.not()).or(raised.gt(high.sext(WINDOW)))', to: 'isFar.and(isNegative.not()).or(shifted.gt(high.sext(WINDOW)))',
    fault: 'the lower clamp wins in the serial form where the clamps are crossed', tests: [RECORDS] },
  { file: 'hw/tensor/tensor-unit.ts', old: '      loadBusy: loader.busy,\n', to: '      loadBusy: storer.busy,\n',
    fault: 'the counter of busy loads counts stores', tests: [COUNTERS] },
  { file: 'hw/tensor/tensor-unit.ts', old: '      meshWaitHazard: queues.mesh.blocked.or(control.waitsForRows),\n', to: '      meshWaitHazard: queues.mesh.blocked,\n',
    fault: 'rows that the mesh waits for are not counted as a hazard', tests: [COUNTERS] },
  { file: 'hw/tensor/loader.ts', old: 'io.waitsForMemory = working.and(io.mem.r.valid.not());', to: 'io.waitsForMemory = receive.deq.valid.and(io.mem.r.valid.not());',
    fault: 'only a load behind which another one waits is counted as waiting for memory', tests: [COUNTERS] },
  { file: 'hw/tensor/tensor-unit.ts', old: 'load, accumulators.vector, accumulators.store];', to: 'load, accumulators.store];',
    fault: 'the watchdog does not see that a requantisation goes on', tests: [TENSOR_UNIT] },
  { file: 'hw/tensor/counters.ts', old: 'const step = BEAT_COUNTERS.includes(name) ? p.busBytes : 1;', to: 'const step = 1;',
    fault: 'bytes are counted in beats', tests: [COUNTERS] },
  { file: 'hw/tensor/requantise.ts', old: 'r.biased = io.acc.addWrap(io.bias.asSInt());\n    r.factor', to: 'r.biased = io.acc;\n    r.factor',
    fault: 'the pipelined requantiser forgets the bias', tests: [TENSOR_UNIT] },

  // --- hw/tensor: serial form ---
  { file: 'hw/tensor/serial/sequencer.ts', old: 'op.sta.and(isAtLeast(lastByte, WORD_BYTES * p.columns).or(lastByte.slice(1, 0).ne(3)).or(o.stride.slice(1, 0).ne(0))),', to: 'op.sta.and(isAtLeast(lastByte, WORD_BYTES * p.columns).or(lastByte.slice(1, 0).ne(3))),',
    fault: 'the serial tn.sta takes a stride that is no multiple of 4', tests: [REFUSALS] },
  { file: 'hw/tensor/serial/sequencer.ts', old: 'usesAcc.and(isMoreThan(accRow, p.accumulatorRows)),', to: 'usesAcc.and(isMoreThan(accRow, p.accumulatorRows + 1)),',
    fault: 'the serial unit takes one accumulator row too many', tests: [REFUSALS] },
  { file: 'hw/tensor/serial/mac-array.ts', old: 'const high = io.accumulate.mux(io.oldHigh.at(c), U(HALF).lit(0));\n      const old', to: 'const high = io.oldHigh.at(c);\n      const old',
    fault: 'a serial product that overwrites adds the old upper half', tests: [TENSOR_UNIT, 'test/hw/tensor/serial/mac-array.test.ts'] },
  { file: 'hw/tensor/serial/requantise-element.ts', old: 'const isHigh = isFar.and(isNegative.not()).or(raised.gt(high.sext(WINDOW)));', to: 'const isHigh = raised.gt(high.sext(WINDOW));',
    fault: 'a serial requantisation far above the range is not clamped', tests: ['test/hw/tensor/serial/requantise-element.test.ts'] },
  { file: 'hw/tensor/serial/sequencer.ts', old: 'settle: () => m.when(io.settled.and(d.pending.not()), () => { s.state = State.idle; }),', to: 'settle: () => m.when(d.pending.not(), () => { s.state = State.idle; }),',
    fault: 'a serial unit is idle before main memory has acknowledged its stores', tests: ['test/hw/tensor/settles.test.ts'] },

  // --- sim: engine ---
  { file: 'sim/engine/arithmetic.ts', old: 'g.binary(\'ltU\', sum, carry);', to: 'g.binary(\'ltU\', total, carry);',
    fault: 'a borrow between limbs of a wide subtraction is lost', tests: ['test/sim/engine/sums.test.ts'] },
  { file: 'sim/engine/arithmetic.ts', old: 'const word = (r: Rope): Node => (signed ? this.signExtend(r, type) : this.words.word(r, type));', to: 'const word = (r: Rope): Node => this.words.word(r, type);',
    fault: 'signed products are computed without signs', tests: ['test/sim/engine/products.test.ts'] },
  { file: 'sim/engine/element-reads.ts', old: 'this.at(where, of, along(further(o, index.offset * w), term), width)', to: 'this.at(where, of, along(o, term), width)',
    fault: 'a lane finds itself where its neighbour should be', tests: [ENGINE_LANES] },
  { file: 'sim/engine/element-reads.ts', old: 'const last = Math.min(term.most, Math.floor((to - end) / term.stride));', to: 'const last = Math.min(term.most, Math.floor((to - end) / term.stride) + 1);',
    fault: 'the lane behind a part of a concatenation finds what lies in it', tests: [ENGINE_LANES] },
  { file: 'sim/engine/schedule.ts', old: 'return n.access ? [n.access.slot] : (n.sweep?.reads ?? []);', to: 'return n.access ? [n.access.slot] : [];',
    fault: 'a loop reads what the step has already overwritten', tests: [ENGINE_LANES] },
  { file: 'sim/engine/schedule.ts', old: '    for (const slot of slotsRead(n)) writer = Math.min(writer, firstWriter.get(slot) ?? NEVER);', to: '    if (!n.sweep) for (const slot of slotsRead(n)) writer = Math.min(writer, firstWriter.get(slot) ?? NEVER);',
    fault: 'loops wait for the first who needs them, whatever has changed by then', tests: [ENGINE_LANES] },
  { file: 'sim/engine/schedule.ts', old: 'if (isEarlier && n.sweep) {', to: 'if (n.sweep) {',
    fault: 'a loop is taken for one that an earlier function has run', tests: [ENGINE_LANES] },
  { file: 'sim/engine/lane-loops.ts', old: 'return { fills: [...fills.filter((f) => f.kind === \'cells\'), ...fills.filter((f) => f.kind !== \'cells\')], enable };', to: 'return { fills: [...fills.filter((f) => f.kind !== \'cells\'), ...fills.filter((f) => f.kind === \'cells\')], enable };',
    fault: 'what vectors store past the end of a row stays', tests: [ENGINE_LANES] },
  { file: 'sim/engine/lane-loops.ts', old: 'return n.args[0].isVariant ? g.binary(\'or\', a, b) : g.select(n.args[0], a, b);', to: 'return n.args[0].isVariant ? g.binary(\'and\', a, b) : g.select(n.args[0], a, b);',
    fault: 'a loop in which only some lanes change does not run', tests: [ENGINE_LANES] },
  { file: 'sim/engine/lane-loops.ts', old: 'if (present) enable = g.binary(\'or\', enable, this.mayChange(value, present, offset, u.width));', to: 'if (present) enable = this.mayChange(value, present, offset, u.width);',
    fault: 'of a register that several loops drive only the last one counts', tests: [ENGINE_LANES] },
  { file: 'sim/engine/lane-loops.ts', old: 'const start = present && readStored(this.host.arithmetic.words, present, offset, u.width);', to: 'const start = present && readStored(this.host.arithmetic.words, { ...present, address: into.address }, offset, u.width);',
    fault: 'a register that keeps its value takes the one before it', tests: [ENGINE_LANES] },
  { file: 'sim/engine/context.ts', old: 'Math.ceil(type.length / LANES) * LANES;', to: 'type.length;',
    fault: 'vectors overwrite the beginning of the next column', tests: [ENGINE_LANES] },
  { file: 'sim/engine/offsets.ts', old: 'offset: further(o, within * 8), width: n };', to: 'offset: o, width: n };',
    fault: 'of elements that are loaded together the first is taken for each', tests: [ENGINE_LANES] },
  { file: 'sim/engine/emit-vector.ts', old: '((b * 8) % lane === 0 ? i * inVector + (b * 8) / lane : 0)', to: '((b * 8) % lane === 0 ? (b * 8) / lane : 0)',
    fault: 'lanes count anew in every vector', tests: [ENGINE_LANES] },
  { file: 'sim/engine/simd-opcodes.ts', old: '(_, i) => i >> 3);', to: '() => 0);',
    fault: 'the second eight lanes see the mask\'s bits of the first', tests: [ENGINE_LANES] },
  { file: 'sim/engine/stored-reductions.ts', old: 'const parts = [{ value: all, bytes: 8 }, ...rest];', to: 'const parts: typeof rest = [{ value: all, bytes: 8 }];',
    fault: 'the last elements of a large vector count for nothing', tests: [ENGINE_LANES] },
  { file: 'sim/engine/emit-sweep.ts', old: 'for (const fill of fills) {', to: 'for (const fill of fills.slice(0, 1)) {',
    fault: 'of several loops that drive a vector one runs', tests: [ENGINE_LANES] },
  { file: 'sim/engine/memo.ts', old: 'if (m.clocked || m.checks.length > 0 || m.memories.length > 0 || m.grids.length > 0) return undefined;', to: 'if (m.checks.length > 0 || m.memories.length > 0 || m.grids.length > 0) return undefined;',
    fault: 'results of modules with state are remembered', tests: ['test/sim/engine/memo.test.ts', 'test/sim/engine/differential.test.ts'] },

  // --- sim: Verilator ---
  { file: 'sim/verilator/hierarchy.ts', old: 'asserts.set(path, { rank: asserts.size,', to: 'asserts.set(path, { rank: 0,',
    fault: 'assertions of a verilated design have no order', tests: ['test/sim/verilator/hierarchy.test.ts'] },
  { file: 'sim/verilator/messages.ts', old: 'failures.push({ path, message, cycle });', to: 'failures.push({ path, message, cycle: 0 });',
    fault: 'a failed assertion is reported for cycle 0', tests: ['test/sim/verilator/messages.test.ts'] },
  { file: 'sim/verilator/units.ts', old: 'return [...grouped(\'fast\', fast), ...grouped(\'slow\', slow)];', to: 'return grouped(\'fast\', fast);',
    fault: 'generated files that run once are not compiled', tests: ['test/sim/verilator/units.test.ts'] },

  // --- sim: golden model ---
  { file: 'sim/model/machine.ts', old: 'const target = (x[rs1]! + imm) & ~1;', to: 'const target = x[rs1]! + imm;',
    fault: 'jalr keeps the lowest bit of its target', tests: ['test/sim/model/machine.test.ts', LOCKSTEP] },
  { file: 'sim/watchdog.ts', old: 'io.busy.or(io.takes).or(io.disturbs)', to: 'io.busy.or(io.takes)',
    fault: 'a program that is interrupted between its questions is taken for one that waits for ever', tests: [WATCHDOG] },
  { file: 'sim/watchdog.ts', old: 'const stands = io.busy.or(', to: 'const stands = (',
    fault: 'a program that polls a unit that will never be done polls for ever', tests: [WATCHDOG] },
  { file: 'sim/model/machine.ts', old: '    this.vainQuestions.disturbed();\n    this.lastTrap', to: '    this.lastTrap',
    fault: 'the model takes a program that is interrupted between its questions for one that waits for ever', tests: [WATCHDOG] },
  { file: 'sim/model/tensor.ts', old: 'bytes.fill(0, from + rowBytes, from + rows);', to: '',
    fault: 'the model leaves the rest of a loaded row as it was', tests: [MODEL_TENSOR] },
  { file: 'hw/isa/tensor-checks.ts', old: 'if (stride % elementBytes !== 0)', to: 'if (stride % elementBytes > elementBytes)',
    fault: 'the model\'s tn.sta takes any stride', tests: [MODEL_TENSOR] },
  { file: 'sim/model/pmp.ts', old: 'if (from < start || from + size > end) return false;', to: '',
    fault: 'the model allows an access that lies in a region in part', tests: ['test/sim/model/pmp.test.ts'] },
  { file: 'sim/model/devices.ts', old: 'this.offset = time - BigInt(this.retired()) - 1n;', to: 'this.offset = time;',
    fault: 'a store to mtime does not set it', tests: ['test/sim/model/golden-model.test.ts'] },
  { file: 'sim/run-elf.ts', old: '  used.add(simulator);\n', to: '',
    fault: 'a board that ran a program before is not cleared for the next: its BSS holds what was there', tests: ['test/sim/load-program.test.ts'] },
  { file: 'sim/load-program.ts', old: 'before.address + before.memSize > address', to: 'before.address + before.bytes.length > address',
    fault: 'a segment may begin in the zeros of the one before', tests: ['test/sim/load-program.test.ts'] },
  { file: 'sim/elf.ts', old: 'if (fileBytes > memSize) fail(', to: 'if (fileBytes > memSize + 1) fail(',
    fault: 'a segment may have a byte more in the file than in memory', tests: ['test/sim/elf-limits.test.ts'] },

  // --- sim: debugger and waves ---
  { file: 'sim/debug/gdb-packets.ts', old: 'if (this.digits.toLowerCase() !== checksum(this.data)) return { kind: \'bad\' };', to: '',
    fault: 'packets with a wrong checksum are believed', tests: ['test/sim/debug/gdb-packets.test.ts'] },
  { file: 'sim/debug/gdb-packets.ts', old: 'if (this.data.length + end - at > PACKET_BYTES) this.isTooLong = true;', to: '',
    fault: 'a packet may be of any size', tests: ['test/sim/debug/gdb-packets.test.ts'] },
  { file: 'sim/debug/signature.ts', old: 'if ((from | to) & 3) throw', to: 'if (from & 3) throw',
    fault: 'a signature may end within a word', tests: ['test/sim/debug/signature.test.ts'] },
  { file: 'sim/vcd.ts', old: 'id += String.fromCharCode(FIRST_ID + (rest % ID_COUNT));', to: 'id += String.fromCharCode(FIRST_ID + (rest % 64));',
    fault: 'two signals of a wave file share an identifier', tests: ['test/sim/vcd.test.ts'] },

  // --- sw: formats ---
  { file: 'sw/formats/half.ts', old: 'if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;', to: 'if (rest >= 0.5) return floor + 1;',
    fault: 'halves round ties up instead of to even', tests: ['test/sw/formats/half.test.ts'] },
  { file: 'sw/formats/gguf-cursor.ts', old: 'if (count * BigInt(minimumBytes) > BigInt(this.remaining)) {', to: 'if (count > BigInt(this.remaining)) {',
    fault: 'a count of large items that cannot fit the file is believed', tests: [GGUF_ARRAYS] },
  { file: 'sw/formats/gguf-reader.ts', old: '  budget.elements -= count + ELEMENTS_OF_ARRAY;\n', to: '',
    fault: 'arrays may have any number of elements together', tests: [GGUF_ARRAYS] },
  { file: 'sw/formats/gguf-tensor.ts', old: 'Math.max(largest, Math.abs(value)), 0) / 127);', to: 'Math.max(largest, value), 0) / 127);',
    fault: 'the scale of a block is that of its largest value, not of its largest magnitude', tests: ['test/sw/formats/gguf-tensor.test.ts'] },

  // --- sw: numbers and graphs ---
  { file: 'sw/quantise/requantise.ts', old: 'const shift = 31 - exponent - (mantissa === 2 ** 31 ? 1 : 0);', to: 'const shift = 31 - exponent;',
    fault: 'a multiplier that rounds up to the next binade is half of what it should be', tests: ['test/sw/quantise/requantise.test.ts'] },
  { file: 'sw/quantise/affine.ts', old: 'const min = Math.min(range.min, 0);', to: 'const min = range.min;',
    fault: 'a range above 0 has no step for 0', tests: ['test/sw/quantise/affine.test.ts'] },
  { file: 'sw/data/random.ts', old: 'while (value >= even) value = this.uint32();', to: '',
    fault: 'bounded random numbers favour small ones', tests: ['test/sw/data/random.test.ts'] },

  // --- sw: compiler ---
  { file: 'sw/compiler/cost.ts', old: 'const store = toMemory ? columns.reduce((sum, used) => sum + storesOf(used), 0) : 0;', to: 'const store = 0;',
    fault: 'the cost model holds stores for free', tests: [CYCLES] },
  { file: 'sw/compiler/cost.ts', old: 'cycles: inputLoads + weightLoads + records + products + requantised + stores,', to: 'cycles: 2 * (inputLoads + weightLoads + records + products + requantised + stores),',
    fault: 'the cost model doubles what serial units take', tests: [CYCLES] },
  { file: 'sw/compiler/cost.ts', old: 'isDoubled ? Math.max(mesh, core, next) : Math.max(core, mesh + load);', to: 'isDoubled && mesh < 0 ? next : Math.max(core, mesh + load);',
    fault: 'the cost model does not know double buffers', tests: [CYCLES] },
  { file: 'sw/compiler/chip-target.ts', old: 'const DISPATCH_CYCLES = 4;', to: 'const DISPATCH_CYCLES = 40;',
    fault: 'plans are made for a core that takes 40 cycles for a command', tests: [CYCLES] },

  // --- sim: cycle model ---
  { file: 'sim/timing/mesh-timing.ts', old: 'const mayFollow = this.streaming === undefined || (lastRow && !readsLastSums);', to: 'const mayFollow = this.streaming === undefined;',
    fault: 'the cycle model lets a cycle pass between products', tests: [TIMING, CYCLES] },
  { file: 'sim/timing/loop-shortcuts.ts', old: 'now.state !== once.state || once.state !== twice.state || ', to: '',
    fault: 'iterations are left out as soon as three took equally long', tests: [SHORTCUTS] },
  { file: 'sim/timing/queue-timing.ts', old: 'wait === \'followLate\' || isFree(', to: 'isFree(',
    fault: 'the cycle model lets weights wait for activations', tests: [CYCLES] },
  { file: 'sim/timing/fetch-timing.ts', old: 'this.isHeld ? undefined : this.redirection', to: 'this.redirection',
    fault: 'fetch takes a request back that is offered and not granted', tests: [TIMING] },
  { file: 'sim/timing/memory-timing.ts', old: 'this.offered !== reader || ', to: '',
    fault: 'a request that memory has no room for loses its place to another', tests: [TIMING] },
  { file: 'sim/timing/fetch-timing.ts', old: 'if (learnt !== undefined && this.hasCache) this.lines.set(', to: 'if (learnt === undefined && this.hasCache) this.lines.set(',
    fault: 'the cycle model forgets what is in the instruction cache', tests: [CYCLES] },

  // --- sw: assembler ---
  { file: 'sw/assembler/expression.ts', old: 'case \'%hi\': return ((of + 0x800n) >> 12n) & 0xf_ffffn;', to: 'case \'%hi\': return (of >> 12n) & 0xf_ffffn;',
    fault: '%hi does not make up for the sign of %lo', tests: ['test/sw/assembler/assembler.test.ts'] },
  { file: 'sw/assembler/pseudo-instructions.ts', old: 'sgt: pseudo(3, \'slt\', \'$0\', \'$2\', \'$1\'),', to: 'sgt: pseudo(3, \'slt\', \'$0\', \'$1\', \'$2\'),',
    fault: 'sgt compares the wrong way round', tests: ['test/sw/assembler/assembler.test.ts'] },

  // --- firmware ---
  { file: 'sw/firmware/c-header.ts', old: '    ...refusal(mnemonic, operands),\n', to: '',
    fault: 'the C header cuts operands that do not fit instead of having them refused', tests: ['test/firmware/header.test.ts'] },
  { file: 'hw/isa/tensor.ts', old: 'funct3: 3, waits: true,', to: 'funct3: 3,',
    fault: 'tn_fence does not wait on a core that goes on, where its result is not used', tests: ['test/firmware/programs.test.ts'] },
  { file: 'firmware/lib/matmul.c', old: 'tn_mm(a, w, sums, count, columns - 1, k0 > 0);', to: 'if (p->k != 0) tn_mm(a, w, sums, count, columns - 1, k0 > 0);',
    fault: 'a product with K = 0 stores the sums of another', tests: ['test/firmware/matmul-chips.test.ts'] },
  { file: 'firmware/compiler.ts', old: ', TMPDIR: scratch }', to: ' }',
    fault: 'a compiler that is ended leaves its unfinished files behind', tests: ['test/firmware/command.test.ts'] },
  { file: 'sim/elf-file.ts', old: 'if (input.byteLength > 0)', to: 'if (input.byteLength < 0)',
    fault: 'a large file that is no program is read to its end', tests: ['test/sim/elf-limits.test.ts'] },
  { file: 'firmware/compiler.ts', old: 'march.startsWith(\'rv32im\') ? \'rv32im\' : \'rv32i\'', to: '\'rv32im\'',
    fault: 'firmware for a core without multiplication is linked with arithmetic that multiplies', tests: ['test/firmware/build.test.ts'] },

  // --- fpga ---
  { file: 'fpga/pll.ts', old: 'if (vco < VCO.min || vco > VCO.max) continue;', to: 'if (vco > VCO.max) continue;',
    fault: 'the oscillator of the PLL runs too slowly', tests: ['test/fpga/board.test.ts'] },
  { file: 'fpga/boot-rom.ts', old: '    sb    a0, 0(s4)\n', to: '    sb    a0, 1(s4)\n',
    fault: 'the boot loader writes a byte too far', tests: ['test/fpga/board.test.ts'] },

  // --- explore ---
  { file: 'explore/pareto.ts', old: 'a.x <= b.x && a.y <= b.y && (a.x < b.x || a.y < b.y)', to: 'a.x <= b.x && a.y <= b.y',
    fault: 'equal points throw each other off the front', tests: ['test/explore/pareto.test.ts'] },
  { file: 'explore/store.ts', old: '.sort(([a], [b]) => (a < b ? -1 : 1));', to: ';',
    fault: 'the order of keys changes a result\'s key', tests: ['test/explore/store.test.ts'] },
  { file: 'explore/store.ts', old: 'return at >= 0 && sealed(object) === text ? object : undefined;', to: 'return at >= 0 ? object : undefined;',
    fault: 'a stored result is believed although its hash is another', tests: ['test/explore/store.test.ts'] },
  { file: 'sim/processes/file-lock.ts', old: 'if (!status.isFile() || status.size > MOST_BYTES) return true;', to: '',
    fault: 'what is no lock is waited for', tests: ['test/sim/processes/file-lock.test.ts'] },
  { file: 'gen/files/output.ts', old: 'if (!isFile(path)) rmSync(path, { recursive: true, force: true });', to: '',
    fault: 'a pipe where a result is kept stays there', tests: ['test/explore/store.test.ts'] },
  { file: 'explore/report/csv.ts', old: '`"${field.replaceAll(\'"\', \'""\')}"`', to: '`"${field}"`',
    fault: 'quotes in a field of a CSV are not doubled', tests: ['test/explore/report/csv.test.ts'] },

  // --- cli ---
  { file: 'cli/options.ts', old: 'value >= smallest && value <= largest', to: 'value >= smallest',
    fault: 'a number of an option may be as large as it likes', tests: ['test/cli/options.test.ts'] },
];
