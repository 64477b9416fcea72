import type { JsonValue } from "@bufbuild/protobuf";
import { CodeBlock, CodeBlockCode, ExpandableSection, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { type Series, SeriesChart } from "../charts/series-chart.tsx";
import { comparisonSign } from "../words/enum-words.ts";
import { jsonText } from "../words/json-text.ts";
import { Advice } from "./advice.tsx";
import { jsonOf, type Predicted } from "./predict-rows.ts";

/** So many are shown in a table; all of them are in the JSON below it. */
const maxShown = 200;

/** What a model has answered, and what it means. */
export function Predictions({ predicted }: { predicted: Predicted }) {
  const { predictions, verdicts, modelVersion, ms } = predicted;
  const hasLabels = verdicts?.some(({ label }) => label !== "");
  const hasThreshold = verdicts?.some(({ threshold }) => threshold !== undefined);
  const hasAdvice = verdicts?.some(({ remediationActions }) => remediationActions.length > 0);
  return (
    <section aria-label="Predictions" className="kmr-predictions">
      <p role="status">
        {predictions.length} {predictions.length === 1 ? "prediction" : "predictions"} in {Math.max(1, Math.round(ms))}{" "}
        ms
        {modelVersion !== "" && `, by version ${modelVersion}`}
      </p>
      <Table aria-label="Predictions" variant="compact">
        <Thead>
          <Tr>
            <Th>Row</Th>
            <Th>Prediction</Th>
            {hasLabels && <Th>Meaning</Th>}
            {hasThreshold && <Th>Threshold</Th>}
            {hasAdvice && <Th>Advice</Th>}
          </Tr>
        </Thead>
        <Tbody>
          {predictions.slice(0, maxShown).map((prediction, i) => {
            const verdict = verdicts?.[i];
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a prediction is known by its row alone
              <Tr key={i}>
                <Td dataLabel="Row">{i + 1}</Td>
                <Td dataLabel="Prediction">
                  <code>{JSON.stringify(prediction)}</code>
                </Td>
                {hasLabels && <Td dataLabel="Meaning">{verdict?.label}</Td>}
                {hasThreshold && (
                  <Td dataLabel="Threshold">
                    {verdict?.threshold !== undefined && (
                      <Label status={verdict.thresholdCrossed ? "danger" : "success"} variant="outline" isCompact>
                        {verdict.thresholdCrossed ? "crossed" : "not crossed"}: {comparisonSign(verdict.comparison)}{" "}
                        {verdict.threshold}
                      </Label>
                    )}
                  </Td>
                )}
                {hasAdvice && (
                  <Td dataLabel="Advice">
                    <Advice actions={verdict?.remediationActions ?? []} />
                  </Td>
                )}
              </Tr>
            );
          })}
        </Tbody>
      </Table>
      {predictions.length > maxShown && (
        <p className="kmr-quiet">
          The first {maxShown} of {predictions.length}; all of them are in the JSON.
        </p>
      )}
      <PredictionChart predicted={predicted} />
      <ExpandableSection toggleText="Predictions as JSON">
        <CodeBlock>
          <CodeBlockCode>{jsonText({ predictions: [...predictions] })}</CodeBlockCode>
        </CodeBlock>
      </ExpandableSection>
    </section>
  );
}

/** A chart where the predictions are numbers over rows, or each of them numbers over steps. */
function PredictionChart({ predicted: { predictions, verdicts } }: { predicted: Predicted }) {
  const values = verdicts?.map(({ value }) => jsonOf(value)) ?? predictions;
  const threshold = verdicts?.find((one) => one.threshold !== undefined)?.threshold;
  if (values.length > 1 && values.every(isNumber)) {
    const series = [{ name: "prediction", values }];
    return <SeriesChart series={series} threshold={threshold} axis="row" caption="Predictions by row" />;
  }
  const steps = values.filter(isNumbers);
  if (steps.length === 0 || steps.length < values.length || !steps.some(({ length }) => length > 1)) return null;
  const series: Series[] = steps.map((one, i) => ({ name: `row ${i + 1}`, values: one }));
  return <SeriesChart series={series} threshold={threshold} axis="step" caption="Predictions by step" />;
}

function isNumber(value: JsonValue): value is number {
  return typeof value === "number";
}

function isNumbers(value: JsonValue): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(isNumber);
}
