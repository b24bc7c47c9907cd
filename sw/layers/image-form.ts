// How a layer's input lies in the scratchpad, so that each part of its kernel is one product of the mesh: rows of R lanes in images, one or
// several of them, and for each product a window over one of them. And how it lies in main memory, so that loads bring it there.
// Must not know: chips other than by R, chunks, instructions.
import { elementsOf, pixelsOf } from './layer.ts';
import type { WindowedLayer } from './layer.ts';

/** One element of the kernel: line, column and, of a layer that sums over channels, input channel. */
export interface KernelElement {
  readonly ky: number;
  readonly kx: number;
  readonly channel: number;
}

/** One product: where its window over the image begins for the first output, and what each lane is multiplied with (undefined: 0). */
export interface FormProduct {
  readonly image: number;
  readonly left: number;
  readonly top: number;
  readonly lanes: readonly (KernelElement | undefined)[];
  /** The same for the pixels on the right of that, one row of weights each. */
  readonly taps?: readonly FormProduct['lanes'][];
}

/** Rows of an image in main memory: the first byte of row r lies at `offset + r * stride`, and `rowBytes` of them are loaded. */
export interface ImageRows {
  readonly offset: number;
  readonly stride: number;
  readonly rowBytes: number;
}

export interface ImageForm {
  readonly images: readonly ImageRows[];
  /** Of each image: rows of a line, and lines. */
  readonly width: number;
  readonly lines: number;
  /** From one output to the next, in rows of a line and in lines. */
  readonly strideX: number;
  readonly strideY: number;
  readonly products: readonly FormProduct[];
  /** Of the input in main memory. */
  readonly bytes: number;
  /** From the input's numbers, NHWC, to these bytes. `padding` fills what is beside the image. */
  pack(input: Int8Array, padding: number): Int8Array;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** All forms of a layer that sums over channels, those with the fewest products first: as many rows go through the mesh for each. */
export function convForms(layer: WindowedLayer, rows: number): readonly ImageForm[] {
  const forms = [channelForm(layer, rows), lineForm(layer, rows, 1), ...(layer.stride > 1 ? [lineForm(layer, rows, layer.stride)] : [])];
  const possible = forms.filter(({ strideX, strideY }) => Math.max(strideX, strideY) <= MOST_STRIDE);
  return possible.sort((a, b) => a.products.length - b.products.length);
}

/** Of a window. */
const MOST_STRIDE = 2 ** 2;

/** A row a pixel: R of its channels, further channels in further images. Main memory has one image behind the other. */
function channelForm(layer: WindowedLayer, rows: number): ImageForm {
  const { input: { channels } } = layer;
  return pixelForm(layer, rows, (kernel, image) =>
    upTo(rows).map((lane) => (image * rows + lane < channels ? { ...kernel, channel: image * rows + lane } : undefined)));
}

/** The same for a layer whose channels do not mix: each image has products of its own, of which lane n is channel n. */
export const depthwiseForm = (layer: WindowedLayer, rows: number): ImageForm =>
  pixelForm(layer, rows, (kernel) => upTo(rows).map((channel) => ({ ...kernel, channel })));

/** The same where a product takes `taps` pixels of a line of the kernel. */
export function depthwiseLineForm(layer: WindowedLayer, rows: number, taps: number): ImageForm {
  const { products, ...form } = depthwiseForm(layer, rows);
  const tap = (lanes: FormProduct['lanes'], by: number): FormProduct['lanes'] =>
    lanes.map((element) => (element && element.kx + by < layer.kernelWidth ? { ...element, kx: element.kx + by } : undefined));
  return {
    ...form,
    products: products.filter(({ left }) => (left + layer.padLeft) % taps === 0)
      .map((product) => ({ ...product, taps: Array.from({ length: taps - 1 }, (_, i) => tap(product.lanes, i + 1)) })),
  };
}

function pixelForm(
  layer: WindowedLayer, rows: number, lanesOf: (kernel: Omit<KernelElement, 'channel'>, image: number) => FormProduct['lanes'],
): ImageForm {
  const { input, kernelHeight, kernelWidth, padTop, padLeft, stride } = layer;
  const pixels = pixelsOf(input);
  const images = upTo(Math.ceil(input.channels / rows));
  return {
    images: images.map((image) => ({ offset: image * pixels * rows, stride: rows, rowBytes: rows })),
    // Of a single window the stride does not matter, and it may be larger than any that a window can have.
    width: input.width, lines: input.height,
    strideX: layer.output.width === 1 ? 1 : stride, strideY: layer.output.height === 1 ? 1 : stride,
    products: images.flatMap((image) => upTo(kernelHeight).flatMap((ky) => upTo(kernelWidth).map((kx): FormProduct =>
      ({ image, left: kx - padLeft, top: ky - padTop, lanes: lanesOf({ ky, kx }, image) })))),
    bytes: images.length * pixels * rows,
    pack: (values) => packGroups(values, input.channels, rows),
  };
}

/** NHWC to group-major, `[groups][pixels][rows]`; channels that there are not are 0. */
export function packGroups(values: Int8Array, channels: number, rows: number): Int8Array {
  const pixels = values.length / channels;
  const packed = new Int8Array(Math.ceil(channels / rows) * pixels * rows);
  for (const [index, value] of values.entries()) {
    const [pixel, channel] = [Math.floor(index / channels), index % channels];
    packed[(Math.floor(channel / rows) * pixels + pixel) * rows + (channel % rows)] = value;
  }
  return packed;
}

/**
 * For few channels: a row an output, which holds a whole line of its kernel, `kernelWidth` pixels; what is longer than R goes on in further
 * images. Main memory has the lines with their padding left and right, and rows that overlap are loaded from it. With `fold` lines of the
 * image in one (pixel by pixel beside each other, as further channels), a layer that goes down by so many lines has fewer and longer lines.
 */
function lineForm(layer: WindowedLayer, rows: number, fold: number): ImageForm {
  const { input, output, kernelHeight, kernelWidth, padTop, padLeft, stride } = layer;
  const pixelBytes = input.channels * fold;
  const kernelBytes = kernelWidth * pixelBytes;
  // Lines of padding in memory, so that the first window begins with a folded line; further ones are beside the image.
  const before = padTop % fold;
  const lines = Math.ceil((input.height + before) / fold);
  const width = output.width + Math.ceil(Math.max(0, kernelWidth - stride) / stride);
  const lineBytes = width * stride * pixelBytes;
  const images = upTo(Math.ceil(kernelBytes / rows));
  const element = (line: number, byte: number): KernelElement | undefined => {
    const ky = line * fold + Math.floor((byte % pixelBytes) / input.channels);
    if (byte >= kernelBytes || ky >= kernelHeight) return undefined;
    return { ky, kx: Math.floor(byte / pixelBytes), channel: byte % input.channels };
  };
  return {
    images: images.map((image) =>
      ({ offset: image * rows, stride: stride * pixelBytes, rowBytes: Math.min(rows, kernelBytes - image * rows) })),
    width, lines, strideX: 1, strideY: stride / fold,
    products: upTo(Math.ceil(kernelHeight / fold)).flatMap((line) => images.map((image): FormProduct => ({
      image, left: 0, top: line - (padTop - before) / fold, lanes: upTo(rows).map((lane) => element(line, image * rows + lane)),
    }))),
    // Rows of the last outputs reach into what would be the next line.
    bytes: lines * lineBytes + kernelBytes,
    pack: (values, padding) => {
      const packed = new Int8Array(lines * lineBytes + kernelBytes).fill(padding);
      for (let index = 0; index < elementsOf(input); index += 1) {
        const [pixel, channel] = [Math.floor(index / input.channels), index % input.channels];
        const [y, x] = [Math.floor(pixel / input.width) + before, (pixel % input.width) + padLeft];
        // Pixels that no window reaches.
        if (x >= width * stride) continue;
        packed[Math.floor(y / fold) * lineBytes + x * pixelBytes + (y % fold) * input.channels + channel] = values[index];
      }
      return packed;
    },
  };
}
