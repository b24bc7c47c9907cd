/**
 * The tensor unit's instruction set, version 2: the one place where its encodings, operand layouts, information and
 * counter indices are stated. RTL, golden model, assembler, C header and `isa.md` are made from these tables.
 *
 * Notation in `semantics`: R = rows of the mesh (int8 lanes of a scratchpad row), C = columns (int32 lanes of an
 * accumulator row), T = depthwiseTaps, sp[r][b] a scratchpad byte, acc[r][n] an accumulator lane, ch[i] a channel record, mem[a] a byte of
 * main memory.
 */
import { TENSOR_FEATURES, command, hasFeature, prefix, question } from './tensor-rows.ts';
import type { NamedField, TensorFeatures, TensorInstruction, TensorUnitName } from './tensor-rows.ts';

export const CUSTOM_0 = 0x0b;
export const CUSTOM_1 = 0x2b;
/** Version returned by `tn.info` index 0: "ST" in the upper half, major.minor below. */
export const TENSOR_VERSION = 0x5354_0201;

const f = <Name extends string>(name: Name, lo: number, width: number, summary: string): NamedField<Name> => ({ name, lo, width, summary });
/** A number of things: nothing is not one. */
const atLeast1 = <Name extends string>(name: Name, lo: number, width: number, summary: string): NamedField<Name> =>
  ({ ...f(name, lo, width, summary), least: 1 });
/** A number in two's complement. */
const signed = <Name extends string>(name: Name, lo: number, width: number, summary: string): NamedField<Name> =>
  ({ ...f(name, lo, width, summary), signed: true });

/** Where the sums of a product go, how many, and what becomes of those that are there. */
const sums = (accumulate: string) => [
  f('accRow', 0, 12, 'first accumulator row'), atLeast1('count', 12, 12, 'activation rows, at least 1'),
  f('columnsMinus1', 24, 7, 'columns used, minus 1'), f('accumulate', 31, 1, `1: ${accumulate}, 0: overwrite`),
];
const SUMS = sums('add to the accumulators');

/** What a product with weights of its own for each lane reads and writes. */
const ONE_ROW_OF_WEIGHTS = [
  { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count', orImage: true }, isLate: true },
  { memory: 'scratchpad', access: 'read', first: 'wRow', rows: { fixed: 1 } },
  { memory: 'accumulators', access: 'update', first: 'accRow', rows: { count: 'count' } },
] as const;

/** Two operands of rows of the scratchpad, their sum or product, and the records for all three. */
const ELEMENTWISE = {
  rs1: [f('aRow', 0, 16, 'first row of the first operand in the scratchpad'), f('bRow', 16, 16, 'first row of the second operand')],
  rs2: [
    f('row', 0, 16, 'first destination row in the scratchpad'), atLeast1('count', 16, 10, 'rows, at least 1'),
    f('recordGroup', 26, 6, 'channel records: the first is number recordGroup * vectorLanes'),
  ],
  uses: [
    { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count' } },
    { memory: 'scratchpad', access: 'read', first: 'bRow', rows: { count: 'count' }, isLate: true },
    { memory: 'channels', access: 'read', first: 'recordGroup', inGroups: true, rows: { groups: 3 } },
    { memory: 'scratchpad', access: 'write', first: 'row', rows: { count: 'count' } },
  ],
} as const;
const ELEMENTWISE_LANES = [
  'L = vectorLanes; for lane n of R: A = ch[L*recordGroup + n mod L], B = ch[L*(recordGroup+1) + n mod L], O = ch[L*(recordGroup+2) + n mod L]',
  'for i < count, one row after the other, and n < R: a = low12(sp[aRow+i][n] + A.bias), b = low12(sp[bRow+i][n] + B.bias)',
];
const ELEMENTWISE_RESULT = '  sp[row+i][n] = min(max(O.zeroPoint + rounded(wrap32(v + O.bias), O), O.clampMin), O.clampMax)';
const ELEMENTWISE_NOTES = [
  'rounded(v, c): q of tn.rq; low12: the low 12 bits, in two\'s complement, of which -2048 … 2047 can be told apart',
];

/** A byte for every byte. */
export const TABLE_BYTES = 256;
/** Groups over which a row of main memory is scattered. */
export const MOST_GROUPS = 16;

/** A channel record in main memory. */
export const CHANNEL_RECORD_BYTES = 16;

/** Every tensor instruction. The object's keys are the names under which other rooms refer to them. */
export const TENSOR = {
  info: question({
    mnemonic: 'tn.info', opcode: CUSTOM_0, funct3: 0, isConstant: true,
    summary: 'Describes the unit: dimensions, sizes, types, version.',
    rs1: [f('index', 0, 32, 'which fact: see the information table')],
    semantics: ['rd = information[index], 0 for an index that this version does not define'],
  }),
  count: question({
    mnemonic: 'tn.count', opcode: CUSTOM_0, funct3: 1,
    summary: 'Reads a performance counter (32 bits, wraps).',
    rs1: [f('index', 0, 32, 'which counter: see the counter table')],
    semantics: ['rd = counter[index], 0 for an index that this chip does not have'],
  }),
  poll: question({
    mnemonic: 'tn.poll', opcode: CUSTOM_0, funct3: 2,
    summary: 'Tells without waiting what the unit is doing.',
    semantics: ['rd[0] = load busy, rd[1] = mesh busy, rd[2] = vector busy, rd[3] = store busy'],
  }),
  fence: question({
    mnemonic: 'tn.fence', opcode: CUSTOM_0, funct3: 3, waits: true,
    summary: 'Waits until every earlier tensor command is complete and its stores are visible, then returns the status.',
    semantics: [
      'rd = the status: rd[15:0] counts the commands that were refused because an operand was out of range, rd[31:16] those of which '
      + 'main memory answered a transfer with an error; both since reset, modulo 65536',
      'nothing is cleared, so that no reader takes an error from another: compare with the status before',
      'pending prefixes stay',
    ],
  }),
  state: question({
    mnemonic: 'tn.state', opcode: CUSTOM_0, funct3: 4,
    summary: 'Reads, without waiting, what the unit keeps from one instruction to the next: the status and pending prefixes.',
    rs1: [f('index', 0, 32, 'which part: see the state table')],
    semantics: [
      'rd = state[index], 0 for an index that this version does not define',
      'an interrupt handler that gives commands saves what is pending, tn.arg and tn.win, and gives it again when it is done',
    ],
  }),
  arg: prefix({
    mnemonic: 'tn.arg', opcode: CUSTOM_1, funct3: 0,
    summary: 'Prefix: gives the next tn.ld, tn.st or tn.sta its row stride and row length. Used once, then forgotten.',
    rs1: [f('stride', 0, 32, 'bytes from the start of one row in memory to the next')],
    rs2: [
      atLeast1('rowBytes', 0, 16, 'bytes of each row that are moved'),
      f('groupRows', 16, 16, 'tn.ld alone, with feature scatter: scratchpad rows from R bytes of a row to its next R bytes; 0: a row is at most R bytes'),
    ],
    semantics: [
      'any other command discards it; tn.fence and the instructions that only read leave it',
      'a rowBytes that no row of this chip has is kept as 0; units without feature scatter keep groupRows as 0',
    ],
  }),
  win: prefix({
    mnemonic: 'tn.win', opcode: CUSTOM_1, funct3: 0, funct7: 1, feature: 'convolution',
    summary: 'Prefix: the next command of the mesh unit takes its activation rows from a window over an image. Used once, then forgotten.',
    rs1: [
      atLeast1('imageRows', 0, 16, 'scratchpad rows of the image: its lines, one behind the other, a row a pixel'),
      atLeast1('width', 16, 12, 'pixels of a line'),
      f('strideXMinus1', 28, 2, 'pixels from one column of the window to the next, minus 1'),
      f('strideYMinus1', 30, 2, 'lines from one line of the window to the next, minus 1'),
    ],
    rs2: [
      signed('left', 0, 7, 'column of the image that the window begins with; negative: left of it'),
      signed('top', 7, 7, 'line of the image that the window begins with; negative: above it'),
      atLeast1('windowWidth', 14, 10, 'pixels of a line of the window'),
      signed('padding', 24, 8, 'every lane of a pixel beside the image: the zero point of its activations'),
    ],
    semantics: [
      'row m of the activations is pixel (x, y): x = left + (m mod windowWidth) * (strideXMinus1 + 1), y = top + floor(m / windowWidth) * (strideYMinus1 + 1)',
      'a[m][k] = 0 <= x < width and 0 <= y*width + x < imageRows ? sp[aRow + y*width + x][k] : padding',
      'any other command discards it; tn.fence and the instructions that only read leave it',
    ],
  }),
  ld: command('load', {
    mnemonic: 'tn.ld', opcode: CUSTOM_1, funct3: 1,
    summary: 'Loads rows from main memory into the scratchpad.',
    rs1: [f('address', 0, 32, 'byte address of the first row; any alignment')],
    rs2: [f('row', 0, 16, 'first scratchpad row'), atLeast1('count', 16, 16, 'number of rows, at least 1')],
    uses: [{ memory: 'scratchpad', access: 'write', first: 'row', rows: { count: 'count', isScattered: true } }],
    mainMemory: { access: 'read', elementBytes: 1, elements: 'rows', takesPrefix: true },
    semantics: [
      `without tn.arg: rowBytes = R, stride = R, groupRows = 0; rowBytes must be 1..R, with a groupRows that is not 0 1..${MOST_GROUPS}*R`,
      'for i < count, g < ceil(rowBytes/R), b < R: sp[row + g*groupRows + i][b] = g*R + b < rowBytes ? mem[address + i*stride + g*R + b] : 0',
      'rows are written in the order of i, then g: of those that lie upon each other the last remains',
    ],
  }),
  ldp: command('load', {
    mnemonic: 'tn.ldp', opcode: CUSTOM_1, funct3: 2,
    summary: 'Loads channel records (bias, multiplier, shift, zero point, clamp) for requantisation.',
    rs1: [f('address', 0, 32, 'byte address of the first record; a multiple of 4')],
    rs2: [f('channel', 0, 16, 'first channel'), atLeast1('count', 16, 16, 'number of records of 16 bytes, at least 1')],
    uses: [{ memory: 'channels', access: 'write', first: 'channel', rows: { count: 'count' } }],
    mainMemory: { access: 'read', elementBytes: 4, elements: CHANNEL_RECORD_BYTES / 4, takesPrefix: false },
    semantics: [
      'for i < count: ch[channel+i] = the 16-byte record at address + 16*i',
      'a record with a negative multiplier is kept without that bit, one with a shift beyond 1..62 is kept with shift 62 and single rounding; '
      + 'a command that meets such records counts once as refused',
    ],
  }),
  ldt: command('load', {
    mnemonic: 'tn.ldt', opcode: CUSTOM_1, funct3: 2, funct7: 1, feature: 'table',
    summary: 'Loads the table: a byte for each of the 256 values of a byte.',
    rs1: [f('address', 0, 32, 'byte address of the table; any alignment')],
    rs2: [],
    uses: [],
    table: 'write',
    mainMemory: { access: 'read', elementBytes: 1, elements: TABLE_BYTES, takesPrefix: false },
    semantics: [`for i < ${TABLE_BYTES}: table[i] = mem[address + i]`],
  }),
  mm: command('mesh', {
    mnemonic: 'tn.mm', opcode: CUSTOM_1, funct3: 3,
    summary: 'Streams `count` activation rows through one weight tile and writes or adds the products to the accumulators.',
    rs1: [f('aRow', 0, 16, 'first activation row in the scratchpad'), f('wRow', 16, 16, 'first weight row: row n holds the weights of column n')],
    rs2: SUMS,
    uses: [
      { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count', orImage: true }, isLate: true },
      { memory: 'scratchpad', access: 'read', first: 'wRow', rows: { lastOf: 'columnsMinus1' } },
      { memory: 'accumulators', access: 'update', first: 'accRow', rows: { count: 'count' } },
    ],
    limits: [{ field: 'columnsMinus1', below: 'columns' }],
    semantics: [
      'a[m][k] = sp[aRow+m][k], or what a pending tn.win says',
      'for m < count, n <= columnsMinus1: acc[accRow+m][n] = (accumulate ? acc[accRow+m][n] : 0) + sum over k < R of a[m][k] * sp[wRow+n][k]',
      'int8 times int8, int32 sum, wrapping; lanes n > columnsMinus1 are unchanged',
    ],
  }),
  dw: command('mesh', {
    mnemonic: 'tn.dw', opcode: CUSTOM_1, funct3: 3, funct7: 1, feature: 'convolution',
    summary: 'Depthwise: multiplies each lane of `count` activation rows by a weight of its own and writes or adds the products to the accumulators.',
    rs1: [f('aRow', 0, 16, 'first activation row in the scratchpad'), f('wRow', 16, 16, 'row of the weights: lane n holds that of column n')],
    rs2: SUMS,
    uses: ONE_ROW_OF_WEIGHTS,
    limits: [{ field: 'columnsMinus1', below: 'columns' }, { field: 'columnsMinus1', below: 'rows' }],
    semantics: [
      'a[m][k] = sp[aRow+m][k], or what a pending tn.win says',
      'for m < count, n <= columnsMinus1: acc[accRow+m][n] = (accumulate ? acc[accRow+m][n] : 0) + a[m][n] * sp[wRow][n]',
      'int8 times int8, int32 sum, wrapping; lanes n > columnsMinus1 are unchanged',
    ],
  }),
  mx: command('mesh', {
    mnemonic: 'tn.mx', opcode: CUSTOM_1, funct3: 3, funct7: 2, feature: 'maximum',
    summary: 'As tn.dw, but keeps the greater of product and accumulator instead of their sum: with weights of 1, a maximum over pixels.',
    rs1: [f('aRow', 0, 16, 'first activation row in the scratchpad'), f('wRow', 16, 16, 'row of the weights: lane n holds that of column n')],
    rs2: sums('keep the accumulators where they are greater'),
    uses: ONE_ROW_OF_WEIGHTS,
    limits: [{ field: 'columnsMinus1', below: 'columns' }, { field: 'columnsMinus1', below: 'rows' }],
    semantics: [
      'a[m][k] = sp[aRow+m][k], or what a pending tn.win says',
      'for m < count, n <= columnsMinus1: p = a[m][n] * sp[wRow][n]; acc[accRow+m][n] = accumulate ? max(acc[accRow+m][n], p) : p',
      'int8 times int8, int32 maximum, signed; lanes n > columnsMinus1 are unchanged',
    ],
  }),
  mv: command('mesh', {
    mnemonic: 'tn.mv', opcode: CUSTOM_1, funct3: 3, funct7: 4, feature: 'matrixVector',
    summary: 'Matrix times vector: multiplies each of `count` activation rows by a weight tile of its own and adds all products up in one accumulator row.',
    rs1: [f('aRow', 0, 16, 'first activation row in the scratchpad'), f('wRow', 16, 16, 'first weight row of the first tile; the next one lies C rows behind')],
    rs2: [
      f('accRow', 0, 12, 'accumulator row'), atLeast1('count', 12, 12, 'activation rows and weight tiles, at least 1'),
      f('columnsMinus1', 24, 7, 'columns used, minus 1'), f('accumulate', 31, 1, '1: add to the accumulators, 0: overwrite'),
    ],
    uses: [
      { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count' }, isLate: true },
      { memory: 'scratchpad', access: 'read', first: 'wRow', rows: { count: 'count', each: 'columns' } },
      { memory: 'accumulators', access: 'update', first: 'accRow', rows: { fixed: 1 } },
    ],
    limits: [{ field: 'columnsMinus1', below: 'columns' }],
    semantics: [
      'for n <= columnsMinus1: acc[accRow][n] = (accumulate ? acc[accRow][n] : 0) + sum over m < count, k < R of sp[aRow+m][k] * sp[wRow+m*C+n][k]',
      'int8 times int8, int32 sum, wrapping; lanes n > columnsMinus1 are unchanged',
    ],
  }),
  dl: command('mesh', {
    mnemonic: 'tn.dl', opcode: CUSTOM_1, funct3: 3, funct7: 3, feature: 'depthwiseTaps',
    summary: 'Depthwise by a line of T pixels: for `count` places of a window, of each lane the products with T weights of its own are added up.',
    rs1: [f('aRow', 0, 16, 'first scratchpad row of the image'), f('wRow', 16, 16, 'first row of the weights: lane n of row j holds that of column n, pixel j')],
    rs2: SUMS,
    uses: [
      { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count', orImage: 'needed' }, isLate: true },
      { memory: 'scratchpad', access: 'read', first: 'wRow', rows: { fact: 'depthwiseTaps' } },
      { memory: 'accumulators', access: 'update', first: 'accRow', rows: { count: 'count' } },
    ],
    limits: [{ field: 'columnsMinus1', below: 'columns' }, { field: 'columnsMinus1', below: 'rows' }],
    semantics: [
      'a[m][j][k] = pixel (x + j, y) of the image of the pending tn.win, (x, y) being what that says of row m; padding beside the image',
      'for m < count, n <= columnsMinus1: acc[accRow+m][n] = (accumulate ? acc[accRow+m][n] : 0) + sum over j < T of a[m][j][n] * sp[wRow+j][n]',
      'int8 times int8, int32 sum, wrapping; lanes n > columnsMinus1 are unchanged; T is the fact depthwiseTaps',
    ],
  }),
  rq: command('vector', {
    mnemonic: 'tn.rq', opcode: CUSTOM_1, funct3: 4,
    summary: 'Requantises accumulator rows to int8 (bias, multiplier, shift, zero point, clamp per channel) into the scratchpad.',
    rs1: [f('accRow', 0, 12, 'first accumulator row'), atLeast1('count', 12, 12, 'rows, at least 1'), f('columnsMinus1', 24, 7, 'columns used, minus 1')],
    rs2: [f('row', 0, 16, 'first destination row in the scratchpad'), f('channel', 16, 16, 'channel record of column 0')],
    uses: [
      { memory: 'accumulators', access: 'read', first: 'accRow', rows: { count: 'count' } },
      { memory: 'channels', access: 'read', first: 'channel', rows: { lastOf: 'columnsMinus1', wholeGroups: true } },
      { memory: 'scratchpad', access: 'write', first: 'row', rows: { count: 'count', partsOf: 'columnsMinus1' } },
    ],
    limits: [{ field: 'columnsMinus1', below: 'columns' }, { field: 'channel', multipleOf: 'vectorLanes' }],
    semantics: [
      'for m < count, n <= columnsMinus1: c = ch[channel+n]; v = wrap32(acc[accRow+m][n] + c.bias);',
      '  q = (v * c.multiplier + (1 << (c.shift-1))) >> c.shift  (64-bit product, one rounding, arithmetic shift; c.shift in 1..62)',
      '  or, with double rounding and c.shift > 31: t = (v * c.multiplier + (1 << 30)) >> 31; q = t / 2^(c.shift-31) to the nearest, halves away from 0',
      '  sp[row + floor(n/R)*count + m][n mod R] = min(max(c.zeroPoint + q, c.clampMin), c.clampMax)',
      'lanes of the last group beyond columnsMinus1 are written 0; channel must be a multiple of the unit\'s vectorLanes',
    ],
  }),
  ad: command('vector', {
    mnemonic: 'tn.ad', opcode: CUSTOM_1, funct3: 4, funct7: 1, feature: 'elementwise',
    summary: 'Adds rows of the scratchpad, each operand with a scale of its own, and requantises the sums to int8: TFLite\'s ADD.',
    ...ELEMENTWISE,
    semantics: [
      ...ELEMENTWISE_LANES,
      '  v = wrap32(wrap32(rounded(a << 20, A)) + wrap32(rounded(b << 20, B)))',
      ELEMENTWISE_RESULT, ...ELEMENTWISE_NOTES,
    ],
  }),
  mu: command('vector', {
    mnemonic: 'tn.mu', opcode: CUSTOM_1, funct3: 4, funct7: 2, feature: 'elementwise',
    summary: 'Multiplies rows of the scratchpad lane by lane and requantises the products to int8: TFLite\'s MUL.',
    ...ELEMENTWISE,
    semantics: [
      ...ELEMENTWISE_LANES,
      '  v = a * b; of A and B all but the bias is ignored',
      ELEMENTWISE_RESULT, ...ELEMENTWISE_NOTES,
    ],
  }),
  tb: command('vector', {
    mnemonic: 'tn.tb', opcode: CUSTOM_1, funct3: 4, funct7: 3, feature: 'table',
    summary: 'Puts every lane of rows of the scratchpad through the table.',
    rs1: [f('aRow', 0, 16, 'first source row in the scratchpad'), atLeast1('count', 16, 16, 'rows, at least 1')],
    rs2: [f('row', 0, 16, 'first destination row in the scratchpad')],
    uses: [
      { memory: 'scratchpad', access: 'read', first: 'aRow', rows: { count: 'count' } },
      { memory: 'scratchpad', access: 'write', first: 'row', rows: { count: 'count' } },
    ],
    table: 'read',
    semantics: [
      'for i < count, one row after the other, and n < R: sp[row+i][n] = table[sp[aRow+i][n] as an unsigned byte]',
      'the table is whatever the memory holds after power-up until a tn.ldt',
    ],
  }),
  st: command('store', {
    mnemonic: 'tn.st', opcode: CUSTOM_1, funct3: 5,
    summary: 'Stores scratchpad rows to main memory.',
    rs1: [f('address', 0, 32, 'byte address of the first row; any alignment')],
    rs2: [f('row', 0, 16, 'first scratchpad row'), atLeast1('count', 16, 16, 'number of rows, at least 1')],
    uses: [{ memory: 'scratchpad', access: 'read', first: 'row', rows: { count: 'count' } }],
    mainMemory: { access: 'write', elementBytes: 1, elements: 'rows', takesPrefix: true },
    semantics: [
      'without tn.arg: rowBytes = R, stride = R; rowBytes must be 1..R, groupRows 0',
      'for i < count, b < rowBytes: mem[address + i*stride + b] = sp[row+i][b]',
    ],
  }),
  sta: command('store', {
    mnemonic: 'tn.sta', opcode: CUSTOM_1, funct3: 6,
    summary: 'Stores accumulator rows as little-endian int32 to main memory.',
    rs1: [f('address', 0, 32, 'byte address of the first row; a multiple of 4')],
    rs2: [f('accRow', 0, 16, 'first accumulator row'), atLeast1('count', 16, 16, 'number of rows, at least 1')],
    uses: [{ memory: 'accumulators', access: 'read', first: 'accRow', rows: { count: 'count' } }],
    mainMemory: { access: 'write', elementBytes: 4, elements: 'columns', takesPrefix: true },
    semantics: [
      'without tn.arg: rowBytes = 4*C, stride = 4*C; rowBytes must be a multiple of 4 in 4..4*C, stride a multiple of 4, groupRows 0',
      'for i < count, n < rowBytes/4: the word at address + i*stride + 4*n = acc[accRow+i][n]',
    ],
  }),
} as const satisfies Record<string, TensorInstruction>;

export type TensorOp = keyof typeof TENSOR;
/** Names of all rows, in the order of the table. */
export const TENSOR_OPS = Object.keys(TENSOR) as readonly TensorOp[];
type OfKind<Kind extends string> =
  { readonly [Op in TensorOp]: (typeof TENSOR)[Op] extends { readonly kind: Kind } ? Op : never }[TensorOp];
/** Rows that the front answers, those that it keeps, and those that a unit executes. */
export type TensorQuestionOp = OfKind<'question'>;
export type TensorPrefixOp = OfKind<'prefix'>;
export type TensorCommandOp = OfKind<'command'>;
const opsOf = <Kind extends string>(kind: Kind): readonly OfKind<Kind>[] =>
  TENSOR_OPS.filter((op): op is OfKind<Kind> => TENSOR[op].kind === kind);
export const TENSOR_QUESTION_OPS = opsOf('question');
/** Those whose answer may change while a program waits. */
export const TENSOR_AWAITED_OPS = TENSOR_QUESTION_OPS.filter((op) => !TENSOR[op].isConstant);
export const TENSOR_PREFIX_OPS = opsOf('prefix');
export const TENSOR_COMMAND_OPS = opsOf('command');
export const commandsOf = (unit: TensorUnitName): readonly TensorCommandOp[] => TENSOR_COMMAND_OPS.filter((op) => TENSOR[op].unit === unit);
/** Commands of one unit. */
export type TensorCommandOf<Unit extends string> =
  { readonly [Op in TensorCommandOp]: (typeof TENSOR)[Op]['unit'] extends Unit ? Op : never }[TensorCommandOp];
export const TENSOR_INSTRUCTIONS: readonly TensorInstruction[] = Object.values(TENSOR);
/** Rows that a unit with some of the features has. */
export const tensorOpsWith = (features: TensorFeatures): readonly TensorOp[] =>
  TENSOR_OPS.filter((op) => {
    const row: TensorInstruction = TENSOR[op];
    return row.kind === 'question' || row.feature === undefined || hasFeature(features, row.feature);
  });
/** Fact `features` of such a unit. */
export const featureBits = (features: TensorFeatures): number =>
  TENSOR_FEATURES.reduce((bits, name, i) => bits + (hasFeature(features, name) ? 2 ** i : 0), 0);

/**
 * Layout of a 16-byte channel record in main memory (four little-endian words), and the values that its fields may have. With a shift or a
 * multiplier out of range the unit keeps one that is in range and counts the command as refused: see tn.ldp. Units with feature
 * `doubleRounding` let the shift have `flag` too.
 */
export const CHANNEL_RECORD = {
  bias: { word: 0, lo: 0, width: 32, signed: true, least: -(2 ** 31), most: 2 ** 31 - 1 },
  multiplier: { word: 1, lo: 0, width: 32, signed: true, least: 0, most: 2 ** 31 - 1, otherwise: 'without its sign bit' },
  shift: { word: 2, lo: 0, width: 8, signed: false, least: 1, most: 62, flag: 0x80, otherwise: 'as 62' },
  zeroPoint: { word: 2, lo: 8, width: 8, signed: true, least: -128, most: 127 },
  clampMin: { word: 2, lo: 16, width: 8, signed: true, least: -128, most: 127 },
  clampMax: { word: 2, lo: 24, width: 8, signed: true, least: -128, most: 127 },
  /* word 3 is reserved and ignored */
} as const;

/** What the status counts, modulo 2^width, as `tn.fence` and `tn.state` return it. */
export const TENSOR_STATUS = {
  refused: { lo: 0, width: 16, summary: 'commands refused because an operand or a channel record was out of range' },
  failed: { lo: 16, width: 16, summary: 'commands of which main memory answered a transfer with an error' },
} as const;

/** What `tn.state` returns, by index: all that the unit keeps from one instruction to the next, but for its memories. */
export const TENSOR_STATE = [
  { name: 'status', summary: 'the status, as tn.fence returns it' },
  { name: 'argStride', summary: 'stride of a pending tn.arg, 0 without one' },
  { name: 'argRowBytes', summary: 'bit 31: a tn.arg is pending; bit 30: a tn.win is; bits 15:0 rowBytes of the tn.arg' },
  { name: 'winImage', summary: 'the image of a pending tn.win (its rs1), 0 without one' },
  { name: 'winWindow', summary: 'the window of a pending tn.win (its rs2), 0 without one' },
  { name: 'argGroupRows', summary: 'groupRows of a pending tn.arg, 0 without one' },
] as const;
export type TensorState = (typeof TENSOR_STATE)[number]['name'];
/** Set in `argRowBytes` while a tn.arg, or a tn.win, is pending. */
export const ARG_PENDING_BIT = 31;
export const WIN_PENDING_BIT = 30;

/** Facts returned by `tn.info`, by index. */
export const TENSOR_INFO = [
  { name: 'version', summary: '0x5354 in the upper half, then major and minor version' },
  { name: 'rows', summary: 'R, rows of the mesh: int8 lanes of a scratchpad row' },
  { name: 'columns', summary: 'C, columns of the mesh: int32 lanes of an accumulator row' },
  { name: 'scratchpadRows', summary: 'rows of the scratchpad' },
  { name: 'accumulatorRows', summary: 'rows of the accumulators' },
  { name: 'channels', summary: 'channel records' },
  { name: 'busBytes', summary: 'bytes of one beat on the memory bus' },
  { name: 'types', summary: 'bit 0: int8 operands with int32 accumulators' },
  { name: 'queueDepth', summary: 'commands that each of the four units can hold' },
  { name: 'vectorLanes', summary: 'elements that the vector stage takes at a time' },
  { name: 'counters', summary: 'number of performance counters' },
  { name: 'features', summary: `optional instructions, a bit each: ${TENSOR_FEATURES.map((name, i) => `bit ${i}: ${name}`).join(', ')}` },
  { name: 'depthwiseTaps', summary: 'T, weights that tn.dl takes for each lane; 0: the chip has no tn.dl' },
] as const;
export type TensorInfo = (typeof TENSOR_INFO)[number]['name'];

/** Performance counters, by index; each counts cycles unless it says otherwise. */
export const TENSOR_COUNTERS = [
  { name: 'cycles', summary: 'all cycles since reset' },
  { name: 'meshRows', summary: 'activation rows fed to the mesh (a row a cycle)' },
  { name: 'meshWaitWeights', summary: 'a command is ready to stream but its weights are not loaded' },
  { name: 'meshWaitHazard', summary: 'the next mesh command, or the next row of the present one, waits for another unit' },
  { name: 'scratchpadConflict', summary: 'the mesh wanted a scratchpad bank that was taken' },
  { name: 'loadBusy', summary: 'a load is under way' },
  { name: 'loadWaitMemory', summary: 'a load is under way and main memory sent no data' },
  { name: 'vectorBusy', summary: 'a requantisation is under way' },
  { name: 'storeBusy', summary: 'a store is under way' },
  { name: 'dispatchStall', summary: 'the core offered a command and its queue was full' },
  { name: 'loadBytes', summary: 'bytes received from main memory, in beats times the width of the bus' },
  { name: 'storeBytes', summary: 'bytes sent to main memory, likewise' },
] as const;
export type TensorCounter = (typeof TENSOR_COUNTERS)[number]['name'];
