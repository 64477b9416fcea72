import { badAnswer } from "../registry/bad-answer.ts";
import type { Comparison, RegisteredModel, RemediationAction } from "../registry/model.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { assertDecodable } from "./answer-values.ts";
import type { JsonScanner, Span } from "./json/json-scanner.ts";
import { compare, labelOf, numberAt, valueThatMatters } from "./output-format.ts";
import type { Prediction } from "./pipeline.ts";

/** The meaning of a prediction, by the output format that its model declares. */
export interface Verdict {
  readonly prediction: Span;
  /** The value that matters. */
  readonly value: Span;
  readonly label: string | undefined;
  readonly threshold: number | undefined;
  readonly comparison: Comparison | undefined;
  readonly thresholdCrossed: boolean;
  /** The owner's advice; empty unless the threshold is crossed. Nothing is executed. */
  readonly remediationActions: readonly RemediationAction[];
}

/** Verdicts, and the text that their positions refer to. */
export interface Evaluation {
  readonly model: RegisteredModel;
  readonly scanner: JsonScanner;
  /** Whether a number in it may be non-finite as a double. */
  readonly hasNonFinite: boolean;
  readonly verdicts: readonly Verdict[];
}

const hint = "Compare the entry's outputFormat with the model's responses.";

const noAdvice: Verdict["remediationActions"] = [];

/** How long the advice of all verdicts on one answer may be, in characters: each verdict repeats its model's. */
const maxAdviceChars = 16 * 1024 ** 2;

/**
 * Evaluates each prediction by the output format of its model.
 *
 * @throws RegistryError MODEL_BAD_ANSWER when predictions are not a list, or lack the declared value; REQUEST_TOO_LARGE
 * when their advice would be too long
 */
export function evaluate(prediction: Prediction): Evaluation {
  const { model, answer, attempts } = prediction;
  assertDecodable(prediction);
  const { scanner, hasNonFinite } = answer;
  const bad = (why: string): RegistryError => badAnswer(model, why, { body: answer.bytes, attempts, hint });
  if (answer.count === undefined) throw bad("its predictions are not a list");
  const verdicts: Verdict[] = [];
  scanner.array(answer.predictions.start, 1, (index, start) => {
    const end = scanner.value(start, 2);
    verdicts.push(verdictOf(model, scanner, { start, end }, (why) => bad(`predictions[${index}] ${why}`)));
    return end;
  });
  assertAdviceFits(model, verdicts);
  return { model, scanner, hasNonFinite, verdicts };
}

const adviceChars = new WeakMap<RegisteredModel["remediationActions"], number>();

function assertAdviceFits({ name, remediationActions }: RegisteredModel, verdicts: readonly Verdict[]): void {
  let crossed = 0;
  for (const verdict of verdicts) if (verdict.thresholdCrossed) crossed++;
  if (crossed < 2) return;
  let chars = adviceChars.get(remediationActions);
  if (chars === undefined) {
    chars = JSON.stringify(remediationActions).length;
    adviceChars.set(remediationActions, chars);
  }
  if (crossed * chars <= maxAdviceChars) return;
  throw new RegistryError(
    "REQUEST_TOO_LARGE",
    `${crossed} predictions of ${name} cross its threshold, and the advice of ${chars} characters that its entry gives for each ` +
      `is more than ${maxAdviceChars} in all; send fewer instances at a time`,
  );
}

function verdictOf(
  model: RegisteredModel,
  scanner: JsonScanner,
  prediction: Span,
  bad: (why: string) => RegistryError,
): Verdict {
  const format = model.outputFormat;
  const value = valueThatMatters(scanner, prediction, format);
  if (value === undefined) throw bad(`has no ${format?.field}`);
  const threshold = format?.threshold;
  const comparison = format?.comparison;
  let thresholdCrossed = false;
  if (threshold !== undefined && comparison !== undefined) {
    const number = numberAt(scanner, value);
    if (number === undefined) throw bad(`has no number${format?.field === undefined ? "" : ` at ${format.field}`}`);
    thresholdCrossed = compare(number, comparison, threshold);
  }
  return {
    prediction,
    value,
    label: format === undefined ? undefined : labelOf(scanner, value, format),
    threshold,
    comparison,
    thresholdCrossed,
    remediationActions: thresholdCrossed ? model.remediationActions : noAdvice,
  };
}
