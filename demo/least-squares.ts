/**
 * Fits a linear map by least squares: the weights W that make `inputs` x W come closest to `outputs`.
 *
 * @param inputs n rows of p numbers; put a constant 1 in each row to fit an intercept
 * @param outputs n rows of q numbers
 * @returns p rows of q weights
 */
export function leastSquares(inputs: readonly number[][], outputs: readonly number[][]): number[][] {
  // The normal equations, (X^T X) W = X^T Y, as one matrix with the right-hand side appended.
  const system = inputs[0]!.map((_, i) => [
    // A trace of ridge keeps the system solvable where columns depend on each other.
    ...inputs[0]!.map((_, j) => dot(inputs, i, inputs, j) + (i === j ? 1e-9 : 0)),
    ...outputs[0]!.map((_, k) => dot(inputs, i, outputs, k)),
  ]);
  return solve(system);
}

function dot(left: readonly number[][], i: number, right: readonly number[][], j: number): number {
  return left.reduce((sum, row, n) => sum + row[i]! * right[n]![j]!, 0);
}

/** Gauss-Jordan elimination of [A | B] with partial pivoting; returns the X of A X = B. Overwrites `system`. */
function solve(system: number[][]): number[][] {
  const size = system.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(system[row]![column]!) > Math.abs(system[pivot]![column]!)) pivot = row;
    }
    [system[column], system[pivot]] = [system[pivot]!, system[column]!];
    const head = system[column]!;
    const scale = head[column]!;
    for (let k = column; k < head.length; k++) head[k]! /= scale;
    for (const row of system) {
      if (row === head) continue;
      const factor = row[column]!;
      for (let k = column; k < row.length; k++) row[k]! -= factor * head[k]!;
    }
  }
  return system.map((row) => row.slice(size));
}
