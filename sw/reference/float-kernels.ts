// The float32 meaning of each op, as plain loops over row-major arrays.
// Must not know: graphs.

/**
 * `activations [rows,K] · weights [N,K]ᵀ + bias [N] → [rows,N]`.
 * Sums in double precision, k ascending, and rounds once to float32: closer to the true value than any float32 order of summation,
 * and independent of how a float32 kernel would have split the sum.
 */
export function matmulFloat(activations: Float32Array, weights: Float32Array, outputs: number, bias?: Float32Array): Float32Array {
  const inputs = weights.length / outputs;
  const rows = activations.length / inputs;
  const result = new Float32Array(rows * outputs);
  // Four rows at a time share each weight that is loaded.
  const blocked = rows - rows % 4;
  for (let row = 0; row < blocked; row += 4) {
    const a0 = row * inputs;
    const a1 = a0 + inputs;
    const a2 = a1 + inputs;
    const a3 = a2 + inputs;
    for (let output = 0; output < outputs; output += 1) {
      const start = output * inputs;
      let s0 = bias === undefined ? 0 : bias[output];
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let k = 0; k < inputs; k += 1) {
        const weight = weights[start + k];
        s0 += activations[a0 + k] * weight;
        s1 += activations[a1 + k] * weight;
        s2 += activations[a2 + k] * weight;
        s3 += activations[a3 + k] * weight;
      }
      const at = row * outputs + output;
      result[at] = s0;
      result[at + outputs] = s1;
      result[at + 2 * outputs] = s2;
      result[at + 3 * outputs] = s3;
    }
  }
  for (let row = blocked; row < rows; row += 1) {
    for (let output = 0; output < outputs; output += 1) {
      let sum = bias === undefined ? 0 : bias[output];
      for (let k = 0; k < inputs; k += 1) sum += activations[row * inputs + k] * weights[output * inputs + k];
      result[row * outputs + output] = sum;
    }
  }
  return result;
}

/** `input [rows,N] + bias [N]`, row by row. */
export function addBiasFloat(input: Float32Array, bias: Float32Array): Float32Array {
  return input.map((value, index) => value + bias[index % bias.length]);
}

/** `max(x, 0)`; NaN stays NaN, -0 becomes 0. */
export function reluFloat(input: Float32Array): Float32Array {
  return input.map((value) => value <= 0 ? 0 : value);
}
