// How a windowed layer is cut for the chip's memories: into chunks of output lines, and into steps of as many output channels as the mesh
// has columns; and what stays in the scratchpad from one to the next.
// Must not know: numbers, instructions.
import { UserError } from '../../gen/user-error.ts';
import type { TensorParams } from '../../hw/tensor/params.ts';
import { convForms, depthwiseForm, depthwiseLineForm } from './image-form.ts';
import type { FormProduct, ImageForm } from './image-form.ts';
import { pixelsOf } from './layer.ts';
import type { WindowedLayer } from './layer.ts';

/** Output lines that are computed at a time, and the lines of the image that they need. */
export interface Chunk {
  readonly firstOutputLine: number;
  readonly outputLines: number;
  readonly firstLine: number;
  readonly lines: number;
}

/** Outputs of one pass: their number of channels, and the products that make them. */
export interface Step {
  readonly columns: number;
  /** First output channel. */
  readonly channel: number;
  readonly products: readonly FormProduct[];
}

/** First rows of the scratchpad. */
export interface Places {
  readonly weights: number;
  readonly image: number;
  readonly results: number;
}

export interface WindowedPlan {
  readonly layer: WindowedLayer;
  readonly form: ImageForm;
  /** `mv`: all products of a step are one command. */
  readonly op: 'mm' | 'dw' | 'dl' | 'mv';
  readonly steps: readonly Step[];
  readonly chunks: readonly Chunk[];
  /** Images lie in the scratchpad from the first step that uses them to the end, or only for one chunk. */
  readonly imageStays: boolean;
  /** Weights lie there from their first step on, or only for one step, in two places by turns. */
  readonly weightsStay: boolean;
  /** Columns of the mesh. */
  readonly meshColumns: number;
  /** Each step uses one image of its own. */
  readonly ownImages: boolean;
  readonly weightRows: number;
  readonly places: Places;
  /** Scratchpad rows of the results of one step. */
  readonly resultRows: number;
  /** Channel records are loaded once, or for each step, in two places by turns. */
  readonly recordsStay: boolean;
  /** Steps for which weights, and images that are theirs alone, are loaded before the step that stands so far before them. */
  readonly ahead: number;
}

/** Weight rows of one product; a `tn.mv` expects whole tiles. */
export const productRows = ({ op, meshColumns }: Pick<WindowedPlan, 'op' | 'meshColumns'>, { columns, products: [{ taps = [] }] }: Step): number =>
  (op === 'mm' ? columns : op === 'mv' ? meshColumns : 1 + taps.length);
/** Rows of an image that is in the scratchpad for a chunk, or as a whole. */
export const imageRows = ({ form, imageStays, chunks }: Pick<WindowedPlan, 'form' | 'imageStays' | 'chunks'>): number =>
  form.width * (imageStays ? form.lines : Math.max(...chunks.map(({ lines }) => lines)));
/** Images that are in the scratchpad at one time. */
const imagesAtOnce = (ownImages: boolean, imageStays: boolean, { images }: ImageForm, chunks: number): number =>
  (ownImages && !imageStays ? Math.min(2, images.length * chunks) : images.length);

/** Lanes of a group of the output in main memory, and groups of a step that uses all columns. */
export const outputLanes = ({ rows, columns }: Pick<TensorParams, 'rows' | 'columns'>): number => Math.min(rows, columns);
export const stepGroups = ({ rows, columns }: Pick<TensorParams, 'rows' | 'columns'>): number => Math.ceil(columns / rows);

/** Rows that one command of the mesh can have. */
const MOST_ROWS = 4095;

/**
 * Plans worth trying: for each form of the image the one with the largest chunks, with weights and images of a few steps loaded ahead, or
 * of all.
 * @throws UserError where one line of outputs is too much
 */
export function planWindowed(layer: WindowedLayer, p: TensorParams): readonly WindowedPlan[] {
  const forms = layer.kind === 'conv' ? convForms(layer, p.rows) : depthwiseForms(layer, p);
  const plans = forms.slice(0, FORMS_TRIED).flatMap((form) => planForm(layer, form, p) ?? []);
  if (plans.length > 0) return plans.flatMap((plan) => aheads(plan).map((ahead) => ({ ...plan, ahead })));
  const { width, channels } = layer.output;
  throw new UserError(
    `layer ${layer.name}: a line of ${width} outputs of ${channels} channels does not fit the chip's memories `
    + `(${p.scratchpadRows} rows of scratchpad, ${p.accumulatorRows} of accumulators); raise tensor.scratchpad or tensor.accumulators`,
  );
}

function depthwiseForms(layer: WindowedLayer, p: TensorParams): readonly ImageForm[] {
  const lanes = Math.min(p.rows, p.columns);
  const pixel = depthwiseForm(layer, lanes);
  return p.depthwiseTaps > 0 && layer.kernelWidth > 1 ? [depthwiseLineForm(layer, lanes, p.depthwiseTaps), pixel] : [pixel];
}

const FORMS_TRIED = 2;
const AHEAD_TRIED = [1, 2, 4];

/** Steps loaded ahead: where nothing stays it is one, which the buffers are for. */
function aheads({ weightsStay, ownImages, imageStays, steps }: WindowedPlan): readonly number[] {
  const stays = weightsStay && (!ownImages || imageStays);
  return stays ? [...AHEAD_TRIED.filter((ahead) => ahead < steps.length), steps.length] : [1];
}

function planForm(layer: WindowedLayer, form: ImageForm, p: TensorParams): WindowedPlan | undefined {
  const steps = layer.kind === 'conv' ? convSteps(layer, form, p.columns) : depthwiseSteps(layer, form, p);
  // Two by turns, so that one is requantised while the next is summed up.
  const rowsAtOnce = Math.min(MOST_ROWS, Math.floor(p.accumulatorRows / 2));
  const { width, height } = layer.output;
  for (let most = Math.min(height, Math.floor(rowsAtOnce / width)), lines = 0; most > 0; most = Math.min(most, lines) - 1) {
    const count = Math.ceil(height / most);
    lines = Math.ceil(height / count);
    const chunks = chunksOf(layer, form, lines);
    const plan = residencies(layer, form, chunks).map((stays) => place({ layer, form, steps, chunks, ...stays }, p))
      .find((placed) => placed.places.results + 2 * placed.resultRows <= p.scratchpadRows);
    if (plan) return plan;
  }
  return undefined;
}

type Stays = Pick<WindowedPlan, 'imageStays' | 'weightsStay'>;
/** What may stay, the least work for main memory first. */
function residencies({ kind }: WindowedLayer, { lines }: ImageForm, chunks: readonly Chunk[]): readonly Stays[] {
  const all: Stays[] = [
    { imageStays: true, weightsStay: true }, { imageStays: true, weightsStay: false },
    { imageStays: false, weightsStay: true }, { imageStays: false, weightsStay: false },
  ];
  // A chunk with the whole image is the whole image, of a layer that needs all of it for each step.
  return all.filter(({ imageStays }) => imageStays || kind !== 'conv' || chunks[0].lines < lines);
}

function place(
  { layer, form, steps, chunks, imageStays, weightsStay }: Pick<WindowedPlan, 'layer' | 'form' | 'steps' | 'chunks'> & Stays, p: TensorParams,
): WindowedPlan {
  const ofLines = form.products[0].taps !== undefined;
  const op = layer.kind !== 'conv' ? (ofLines ? 'dl' : 'dw') : isVector(layer, form, p) ? 'mv' : 'mm';
  const ownImages = layer.kind !== 'conv';
  const meshColumns = p.columns;
  const weightRows = steps[0].products.length * productRows({ op, meshColumns }, steps[0]);
  const image = weightRows * (weightsStay ? steps.length : Math.min(2, steps.length * chunks.length));
  const results = image + imageRows({ form, imageStays, chunks }) * imagesAtOnce(ownImages, imageStays, form, chunks.length);
  // Results of a vector stay until all are there: as many stores of a few bytes would only hold up the loads.
  const resultRows = op === 'mv' ? Math.ceil((steps.length * stepGroups(p)) / 2)
    : chunks[0].outputLines * layer.output.width * Math.ceil(steps[0].columns / p.rows);
  return {
    layer, form, op, meshColumns, steps, chunks, imageStays, weightsStay, ownImages, weightRows, resultRows,
    places: { weights: 0, image, results },
    recordsStay: layer.output.channels <= p.channels, ahead: 1,
  };
}

/** A matrix times a vector: a pixel with all its channels, which lie one row behind the other. */
const isVector = ({ input, kernelHeight, kernelWidth }: WindowedLayer, { products, strideX }: ImageForm, p: TensorParams): boolean =>
  p.matrixVector && pixelsOf(input) === 1 && kernelHeight * kernelWidth === 1 && strideX === 1 && products.length <= MOST_ROWS;

function convSteps({ output: { channels } }: WindowedLayer, { products }: ImageForm, columns: number): readonly Step[] {
  // Image by image: the first product needs nothing of the second image.
  const ordered = [...products].sort((a, b) => a.image - b.image);
  return upTo(Math.ceil(channels / columns)).map((step) =>
    ({ columns: Math.min(columns, channels - step * columns), channel: step * columns, products: ordered }));
}

function depthwiseSteps({ output: { channels } }: WindowedLayer, { images, products }: ImageForm, p: TensorParams): readonly Step[] {
  const lanes = Math.min(p.rows, p.columns);
  return images.map((_, image) => ({
    columns: Math.min(lanes, channels - image * lanes), channel: image * lanes,
    products: products.filter((product) => product.image === image),
  }));
}

function chunksOf({ output: { height } }: WindowedLayer, { products, lines, strideY }: ImageForm, outputLines: number): readonly Chunk[] {
  const tops = products.map(({ top }) => top);
  const [least, most] = [Math.min(...tops), Math.max(...tops)];
  return upTo(Math.ceil(height / outputLines)).map((index): Chunk => {
    const first = index * outputLines;
    const count = Math.min(outputLines, height - first);
    const firstLine = Math.max(0, first * strideY + least);
    const lastLine = Math.min(lines - 1, (first + count - 1) * strideY + most);
    return { firstOutputLine: first, outputLines: count, firstLine, lines: Math.max(1, lastLine - firstLine + 1) };
  });
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
