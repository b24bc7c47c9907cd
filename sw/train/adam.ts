// The Adam optimiser (D. Kingma, J. Ba, "Adam: a method for stochastic optimization", 2015).
// Must not know: the network whose arrays it moves.

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

/** Moves parameters against their gradient, each by a step of about the learning rate. */
export class Adam {
  private readonly parameters: readonly Float32Array[];
  private readonly means: readonly Float32Array[];
  private readonly squares: readonly Float32Array[];
  // MEAN_DECAY^steps and SQUARE_DECAY^steps, kept as products: Math.pow may differ between engines.
  private meanPower = 1;
  private squarePower = 1;

  /** @param parameters arrays that `step` updates in place */
  constructor(parameters: readonly Float32Array[]) {
    this.parameters = parameters;
    this.means = parameters.map((array) => new Float32Array(array.length));
    this.squares = parameters.map((array) => new Float32Array(array.length));
  }

  /** One step; `gradients` has the shape of `parameters` and is set to zero, ready for the next batch. */
  step(gradients: readonly Float32Array[], learningRate: number): void {
    this.meanPower *= MEAN_DECAY;
    this.squarePower *= SQUARE_DECAY;
    const stepSize = learningRate / (1 - this.meanPower);
    const squareScale = 1 / (1 - this.squarePower);
    this.parameters.forEach((array, index) => {
      update(array, gradients[index], this.means[index], this.squares[index], stepSize, squareScale);
    });
  }
}

function update(
  array: Float32Array, gradient: Float32Array, mean: Float32Array, square: Float32Array, stepSize: number, squareScale: number,
): void {
  for (let index = 0; index < array.length; index += 1) {
    const slope = gradient[index];
    gradient[index] = 0;
    mean[index] += (1 - MEAN_DECAY) * (slope - mean[index]);
    square[index] += (1 - SQUARE_DECAY) * (slope * slope - square[index]);
    array[index] -= stepSize * mean[index] / (Math.sqrt(square[index] * squareScale) + EPSILON);
  }
}
