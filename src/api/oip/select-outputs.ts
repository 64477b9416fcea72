import type { RequestedOutput, Tensor } from "../../tensors/tensor.ts";
import { TensorProblem } from "../../tensors/tensor-problem.ts";

/**
 * The requested outputs, in the requested order; all where none is requested.
 *
 * @throws TensorProblem for one that does not exist, or is requested twice
 */
export function selectOutputs(outputs: readonly Tensor[], requested: readonly RequestedOutput[]): readonly Tensor[] {
  if (requested.length === 0) return outputs;
  const byName = new Map(outputs.map((output) => [output.name, output]));
  const seen = new Set<string>();
  return requested.map(({ name }, i) => {
    const output = byName.get(name);
    if (output === undefined) {
      const names = outputs.map((each) => each.name).join(", ");
      throw new TensorProblem(
        `outputs[${i}].name`,
        `the model has no output ${JSON.stringify(name.slice(0, 80))}; it answers ${names.slice(0, 400)}`,
      );
    }
    if (seen.has(name)) throw new TensorProblem(`outputs[${i}].name`, `${JSON.stringify(name)} is requested twice`);
    seen.add(name);
    return output;
  });
}
