/**
 * The window of `tn.win`: which scratchpad rows the activations of a product are, pixel by pixel over an image of which the window may
 * stick out. Positions count in rows from the image's first one. Must not know what becomes of the rows.
 */
import { B, In, Out, S, U, bool, bundle, hw, indexWidth } from '../../gen/index.ts';
import type { Bool, SInt, UInt } from '../../gen/index.ts';
import type { OperandField } from '../isa/instruction.ts';
import { TENSOR } from '../isa/tensor.ts';
import { withOnly } from '../lib/with-only.ts';
import { scratchpadBits } from './params.ts';
import type { TensorParams } from './params.ts';

function fieldOf(register: 'rs1' | 'rs2', name: string): OperandField {
  const fields: readonly OperandField[] = TENSOR.win[register];
  const field = fields.find((f) => f.name === name);
  if (!field) throw new RangeError(`tn.win has no operand field '${name}'`);
  return field;
}
const bitsOf = (register: 'rs1' | 'rs2', name: string): number => fieldOf(register, name).width;
const WIDTH = bitsOf('rs1', 'width');
const TOP = bitsOf('rs2', 'top');
/** Strides are at most 4. */
const PITCH = WIDTH + 2;
/**
 * Position of a line: from so many lines above the image as `top` can say to the first one below it, where the window stops going down;
 * and a pixel beside it.
 */
const POSITION = WIDTH + TOP;
/** Column of a pixel: left of the image, or as far to the right as the widest window reaches. */
const COLUMN = bitsOf('rs2', 'windowWidth') + 4;

/** `topRow`: position of the window's first line; `pitch`: rows from one of its lines to the next. */
export const windowShape = bundle('Window', {
  imageRows: U(bitsOf('rs1', 'imageRows')), width: U(WIDTH), strideX: U(3), pitch: U(PITCH), left: S(bitsOf('rs2', 'left')), topRow: S(POSITION),
  windowWidth: U(bitsOf('rs2', 'windowWidth')), padding: S(8),
});

/** Of a unit that has none. */
export const NO_WINDOW = { imageRows: 0, width: 0, strideX: 0, pitch: 0, left: 0, topRow: 0, windowWidth: 0, padding: 0 };

/** The fields of a window, from the two registers of `tn.win`. */
export function windowFields(image: UInt, window: UInt) {
  const field = (register: 'rs1' | 'rs2', name: string): UInt => {
    const { lo, width } = fieldOf(register, name);
    return (register === 'rs1' ? image : window).slice(lo + width - 1, lo);
  };
  const width = field('rs1', 'width').named('width');
  const stride = (name: string): UInt<3> => field('rs1', name).zext(3).exact(3).addWrap(1).named(name.replace('Minus1', ''));
  const lines = field('rs2', 'top').asSInt();
  return {
    imageRows: field('rs1', 'imageRows'), width, strideX: stride('strideXMinus1'),
    pitch: width.mul(stride('strideYMinus1')).trunc(PITCH).named('pitch'), left: field('rs2', 'left').asSInt(),
    topRow: lines.mul(width.zext(WIDTH + 1).asSInt()).trunc(POSITION).named('topRow'),
    windowWidth: field('rs2', 'windowWidth'), padding: field('rs2', 'padding').exact(8).asSInt(),
  };
}

const allPorts = (p: TensorParams) => {
  const rowBits = scratchpadBits(p);
  return {
    /** A product begins: its first row is there in the next cycle. */
    start: In(B), aRow: In(U(rowBits)), windowed: In(B), window: In(windowShape),
    /** Rows are for the depthwise lanes: all pixels of a line of the window, and those of the kernel's line that its last place needs. */
    lanes: In(B),
    /** The row is taken: the next one is there in the next cycle. */
    step: In(B),
    row: Out(U(rowBits)),
    /** The row is one of the scratchpad's; otherwise every lane is `padding`. */
    onImage: Out(B),
    padding: Out(S(8)),
    /** With this row the lanes have all that a place of the window needs. */
    completes: Out(B),
  };
};
/** `lanes` and `completes` are there if there are depthwise lanes. */
export const activationWalkPorts = (p: TensorParams): ReturnType<typeof allPorts> =>
  withOnly(allPorts(p), { lanes: p.depthwiseTaps > 0, completes: p.depthwiseTaps > 0 });

/**
 * Walks over the activation rows of one product after the other. The row of the cycle stands in registers, so that nothing of the walk lies
 * before the scratchpad's arbitration.
 */
export const ActivationWalk = (p: TensorParams) => {
  const rowBits = scratchpadBits(p);
  return hw('ActivationWalk', activationWalkPorts(p), (m, io) => {
    m.doc('Scratchpad rows of the activations: one after the other, or those of a window over an image.');
    const r = m.regs({
      rowNow: U(rowBits), isOnImage: B, imageRow: U(rowBits), isWindow: B, held: windowShape,
      /** Of the pixel: the position of its line, its column, and how many columns of the window come after it. */
      lineNow: S(POSITION), columnNow: S(COLUMN), columnsLeft: U(bitsOf('rs2', 'windowWidth')),
    });
    const moves = io.start.or(io.step).named('moves');
    const { firstRow, walks } = m.let({ firstRow: io.start.mux(io.aRow, r.imageRow), walks: io.start.mux(io.windowed, r.isWindow) });
    const size = m.let({
      width: io.start.mux(io.window.width, r.held.width), imageRows: io.start.mux(io.window.imageRows, r.held.imageRows),
      left: io.start.mux(io.window.left, r.held.left), windowWidth: io.start.mux(io.window.windowWidth, r.held.windowWidth),
    });
    const kernelLine = p.depthwiseTaps > 0 ? kernelLines() : undefined;
    const { placeEnds } = kernelLine ?? { placeEnds: bool(true) };
    const { lineEnds } = m.let({ lineEnds: io.start.or(r.columnsLeft.eq(0).and(placeEnds)) });
    // Below the image the window stays where it is: a position never grows beyond its width.
    const isBelow = r.lineNow.isNegative().not().and(isBeside(r.lineNow, r.held.imageRows)).named('isBelow');
    const nextLine = isBelow.mux(r.lineNow, r.lineNow.addWrap(r.held.pitch.zext(POSITION).asSInt()));
    const { line } = m.let({ line: io.start.mux(io.window.topRow, lineEnds.mux(nextLine, r.lineNow)) });
    const firstColumn = kernelLine?.firstColumn ?? size.left.sext(COLUMN);
    const right = kernelLine?.right ?? r.held.strideX;
    const { column } = m.let({ column: lineEnds.mux(firstColumn, r.columnNow.addWrap(right.zext(COLUMN).asSInt())) });
    const { position } = m.let({ position: line.addWrap(column.sext(POSITION)) });
    const { beside } = m.let({ beside: isBeside(column, size.width).or(isBeside(position, size.imageRows)) });
    m.when(moves, () => {
      r.rowNow = walks.mux(firstRow.addWrap(position.asUInt().trunc(rowBits)), io.start.mux(io.aRow, r.rowNow.addWrap(1)));
      r.isOnImage = walks.and(beside).not();
      r.lineNow = line;
      r.columnNow = column;
      const columnsLeft = lineEnds.mux(size.windowWidth, r.columnsLeft).subWrap(1);
      r.columnsLeft = kernelLine ? lineEnds.or(placeEnds).mux(columnsLeft, r.columnsLeft) : columnsLeft;
      kernelLine?.moves(lineEnds);
    });
    m.when(io.start, () => {
      r.imageRow = io.aRow;
      r.isWindow = io.windowed;
      r.held = io.window;
    });
    io.row = r.rowNow;
    io.onImage = r.isOnImage;
    io.padding = r.held.padding;
    m.cover('besideImage', r.isOnImage.not());

    /** Of the depthwise lanes: how many more rows the present place of the window needs after this one. */
    function kernelLines() {
      const l = m.regs({ isLanes: B, rowsLeft: U(indexWidth(Math.max(p.depthwiseTaps, 4))) });
      const n = (rows: number | UInt): UInt => (typeof rows === 'number' ? U(l.rowsLeft.width).lit(rows) : rows.zext(8).slice(l.rowsLeft.width - 1, 0));
      const { placeEnds: ends } = m.let({ placeEnds: l.isLanes.not().or(l.rowsLeft.eq(0)) });
      // Two lines that meet beside the image have a pixel in common there: the last of the one is the first of the other.
      const { sharesPixel } = m.let({ sharesPixel: io.start.not().and(l.isLanes).and(r.isOnImage.not()).and(r.held.left.isNegative()) });
      io.completes = ends;
      m.when(io.start, () => {
        l.isLanes = io.lanes;
      });
      return {
        placeEnds: ends,
        firstColumn: size.left.sext(COLUMN).addWrap(sharesPixel.asUInt().zext(COLUMN).asSInt()),
        right: l.isLanes.mux(U(3).lit(1), r.held.strideX),
        moves: (startsLine: Bool): void => {
          const ofLine = sharesPixel.mux(n(p.depthwiseTaps - 2), n(p.depthwiseTaps - 1));
          l.rowsLeft = startsLine.mux(ofLine, ends.mux(n(r.held.strideX.subWrap(1)), l.rowsLeft.subWrap(1)));
        },
      };
    }
  });
};

/** A position, or a column, that is none of 0…`size` - 1. */
const isBeside = (at: SInt, size: UInt): Bool => at.isNegative().or(at.asUInt().ge(size.zext(at.width)));
