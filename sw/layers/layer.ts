// The layers of which networks consist, as shapes: what goes in, what comes out, how much there is to multiply.
// Must not know: chips, numbers.

/** Activations of one image: pixels in lines, channels in pixels (NHWC). */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Every output is made of a window of pixels: `conv` of all their channels, the others of its own channel alone. */
export const WINDOWED_KINDS = ['conv', 'depthwise', 'averagePool'] as const;
export type WindowedKind = (typeof WINDOWED_KINDS)[number];

export interface WindowedLayer {
  readonly kind: WindowedKind;
  readonly name: string;
  readonly input: ImageShape;
  readonly output: ImageShape;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  /** Pixels beside the image that the first window takes. */
  readonly padTop: number;
  readonly padLeft: number;
}

export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** The sum of two images, each with a scale of its own. */
export interface AddLayer {
  readonly kind: 'add';
  readonly name: string;
  readonly input: ImageShape;
}

export type Layer = WindowedLayer | DenseLayer | AddLayer;

export interface Network {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** `same`: as many outputs as inputs, divided by the stride; of pixels beside the image the larger half is right and below (TFLite). */
export type Padding = 'same' | 'valid';

/** Outputs along one side, and the pixels in front of the first input. */
function along(size: number, kernel: number, stride: number, padding: Padding): { readonly outputs: number; readonly before: number } {
  if (padding === 'valid') return { outputs: Math.floor((size - kernel) / stride) + 1, before: 0 };
  const outputs = Math.ceil(size / stride);
  return { outputs, before: Math.floor(Math.max(0, (outputs - 1) * stride + kernel - size) / 2) };
}

export interface WindowOptions {
  /** Height and width; default 1 × 1. */
  readonly kernel?: readonly [number, number];
  readonly stride?: number;
  readonly padding?: Padding;
  /** Output channels; default: as many as the input has. */
  readonly channels?: number;
}

/** @throws RangeError where no window fits the image */
export function windowed(
  kind: WindowedKind, name: string, input: ImageShape,
  { kernel: [kernelHeight, kernelWidth] = [1, 1], stride = 1, padding = 'same', channels = input.channels }: WindowOptions = {},
): WindowedLayer {
  const [down, right] = [along(input.height, kernelHeight, stride, padding), along(input.width, kernelWidth, stride, padding)];
  if (down.outputs < 1 || right.outputs < 1) {
    throw new RangeError(`layer ${name}: a kernel of ${kernelHeight} x ${kernelWidth} does not fit ${input.height} x ${input.width} pixels`);
  }
  return {
    kind, name, input, kernelHeight, kernelWidth, stride, padTop: down.before, padLeft: right.before,
    output: { height: down.outputs, width: right.outputs, channels },
  };
}

export const pixelsOf = ({ height, width }: ImageShape): number => height * width;
export const elementsOf = (shape: ImageShape): number => pixelsOf(shape) * shape.channels;

/** Multiplications with weights; sums of images and pools have none. */
export function macsOf(layer: Layer): number {
  switch (layer.kind) {
    case 'dense': return layer.inputs * layer.outputs;
    case 'conv': return elementsOf(layer.output) * layer.kernelHeight * layer.kernelWidth * layer.input.channels;
    case 'depthwise': return elementsOf(layer.output) * layer.kernelHeight * layer.kernelWidth;
    case 'averagePool': case 'add': return 0;
  }
}

/** `3x3/2 96x96x3 → 48x48x8`. */
export function shapeText(layer: Layer): string {
  const image = ({ height, width, channels }: ImageShape): string => `${height}x${width}x${channels}`;
  switch (layer.kind) {
    case 'dense': return `${layer.inputs} → ${layer.outputs}`;
    case 'add': return `${image(layer.input)} + ${image(layer.input)}`;
    default: {
      const kernel = `${layer.kernelHeight}x${layer.kernelWidth}${layer.stride === 1 ? '' : `/${layer.stride}`}`;
      return `${kernel} ${image(layer.input)} → ${image(layer.output)}`;
    }
  }
}
