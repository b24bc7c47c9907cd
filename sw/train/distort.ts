// Augmentation: a digit slightly turned, slanted, scaled and moved is still that digit.
// Must not know: networks.
import { DIGIT_COLUMNS, DIGIT_ROWS } from '../data/mnist-digits.ts';
import type { Random } from '../data/random.ts';

/** The map from a place in the distorted digit back to the original, both counted in pixels from the centre. */
export interface Distortion {
  readonly rowPerRow: number;
  readonly rowPerColumn: number;
  readonly columnPerRow: number;
  readonly columnPerColumn: number;
  /** Pixels from the distorted centre back to the original one. */
  readonly down: number;
  readonly right: number;
}

/**
 * A random map. At strength 1: turned by up to 0.2 (tangent, 11°), slanted by up to 0.15, scaled by up to 12 % each way,
 * moved by up to 1.5 pixels each way. At 0 nothing changes.
 */
export function randomDistortion(random: Random, strength: number): Distortion {
  const within = (limit: number): number => (2 * random.unit() - 1) * limit * strength;
  const turn = within(0.2);
  return {
    rowPerRow: 1 + within(0.12),
    rowPerColumn: -turn,
    columnPerRow: turn + within(0.15),
    columnPerColumn: 1 + within(0.12),
    down: within(1.5),
    right: within(1.5),
  };
}

/**
 * Writes the distorted form of the 784 pixels at `offset` of `pixels` into `target`: bilinear interpolation, rounded to the nearest
 * byte. What leaves the frame is lost; what enters is background.
 */
export function distortDigit(target: Uint8Array, pixels: Uint8Array, offset: number, map: Distortion): void {
  const pixelAt = (row: number, column: number): number => (
    row < 0 || row >= DIGIT_ROWS || column < 0 || column >= DIGIT_COLUMNS ? 0 : pixels[offset + row * DIGIT_COLUMNS + column]
  );
  const centreRow = (DIGIT_ROWS - 1) / 2;
  const centreColumn = (DIGIT_COLUMNS - 1) / 2;
  for (let row = 0; row < DIGIT_ROWS; row += 1) {
    for (let column = 0; column < DIGIT_COLUMNS; column += 1) {
      const y = row - centreRow;
      const x = column - centreColumn;
      const fromRow = centreRow + map.rowPerRow * y + map.rowPerColumn * x + map.down;
      const fromColumn = centreColumn + map.columnPerRow * y + map.columnPerColumn * x + map.right;
      const top = Math.floor(fromRow);
      const left = Math.floor(fromColumn);
      const lower = fromRow - top;
      const righter = fromColumn - left;
      const upperLine = pixelAt(top, left) * (1 - righter) + pixelAt(top, left + 1) * righter;
      const lowerLine = pixelAt(top + 1, left) * (1 - righter) + pixelAt(top + 1, left + 1) * righter;
      target[row * DIGIT_COLUMNS + column] = Math.round(upperLine * (1 - lower) + lowerLine * lower);
    }
  }
}
