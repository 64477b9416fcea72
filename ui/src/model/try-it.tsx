import type { JsonValue } from "@bufbuild/protobuf";
import { Alert, Button, TextArea, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Model } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { FailureAlert } from "../states/failure.tsx";
import { failureWords } from "../states/failure-words.ts";
import { jsonText } from "../words/json-text.ts";
import { emptyRow, instancesOf, looseValue, type Row, rowsOf } from "./cells.ts";
import { parseCsv, rowsOfCsv } from "./csv.ts";
import { type Predicted, predictRows } from "./predict-rows.ts";
import { Predictions } from "./predictions.tsx";
import { RowsForm } from "./rows-form.tsx";
import { TableInput } from "./table-input.tsx";

/** Rows to fill in, as a form where the model declares its features, or as JSON; and what the model makes of them. */
export function TryIt({
  model,
  example,
  onInstances,
}: {
  model: Model;
  /** Instances to begin with. */
  example: readonly JsonValue[];
  /** Called with the instances that are there now. */
  onInstances: (instances: readonly JsonValue[]) => void;
}) {
  const features = model.inputFeatures;
  const [asForm, setAsForm] = useState(features.length > 0);
  const [rows, setRows] = useState<readonly Row[]>(() => rowsOf(features, example) ?? [emptyRow(features)]);
  const [text, setText] = useState(() => jsonText([...example]));
  const [inputProblem, setInputProblem] = useState("");
  const abort = useRef<AbortController>(undefined);
  const predict = useMutation<Predicted, unknown, JsonValue[]>({
    mutationFn: (instances) => {
      abort.current = new AbortController();
      return predictRows(model, instances, abort.current.signal);
    },
  });
  const problems = predict.error === null ? new Map<string, string>() : failureWords(predict.error).fields;

  const changeRows = (next: readonly Row[]): void => {
    setRows(next);
    setInputProblem("");
    onInstances(instancesOf(features, next));
  };
  const changeText = (next: string): void => {
    setText(next);
    setInputProblem("");
    const instances = readInstances(next);
    if (Array.isArray(instances)) onInstances(instances);
  };
  const takeTable = (table: string): void => {
    try {
      if (asForm) changeRows(rowsOfCsv(features, table));
      else changeText(jsonText(parseCsv(table).map((row) => row.map(looseValue))));
    } catch (error) {
      setInputProblem((error as Error).message);
    }
  };
  const switchTo = (form: boolean): void => {
    if (form === asForm) return;
    if (!form) setText(jsonText(instancesOf(features, rows)));
    const instances = form ? readInstances(text) : [];
    const next = Array.isArray(instances) ? rowsOf(features, instances) : undefined;
    if (form && next === undefined) {
      setInputProblem("The JSON is no list of rows, so the form cannot show it.");
      return;
    }
    if (form && next!.length > 0) setRows(next!);
    setInputProblem("");
    setAsForm(form);
  };
  const send = (): void => {
    const instances = asForm ? instancesOf(features, rows) : readInstances(text);
    if (typeof instances === "string") setInputProblem(instances);
    else predict.mutate(instances);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {features.length > 0 && (
        <ToggleGroup aria-label="How rows are written" className="kmr-gap-below">
          <ToggleGroupItem text="Form" buttonId="as-form" isSelected={asForm} onChange={() => switchTo(true)} />
          <ToggleGroupItem text="JSON" buttonId="as-json" isSelected={!asForm} onChange={() => switchTo(false)} />
        </ToggleGroup>
      )}
      <TableInput
        onTable={takeTable}
        onProblem={setInputProblem}
        actions={
          asForm && (
            <Button variant="link" icon={<PlusCircleIcon />} onClick={() => changeRows([...rows, emptyRow(features)])}>
              Add row
            </Button>
          )
        }
      >
        {asForm ? (
          <RowsForm
            features={features}
            rows={rows}
            problems={problems}
            onChange={changeRows}
            onPasteTable={takeTable}
          />
        ) : (
          <TextArea
            aria-label="Instances as JSON"
            className="kmr-json"
            value={text}
            rows={8}
            resizeOrientation="vertical"
            spellCheck={false}
            onChange={(_, value) => changeText(value)}
            onPaste={(event) => {
              const pasted = event.clipboardData.getData("text/plain");
              if (!pasted.includes("\t")) return;
              event.preventDefault();
              takeTable(pasted);
            }}
          />
        )}
      </TableInput>
      {inputProblem !== "" && (
        <Alert variant="danger" isInline component="p" title={inputProblem} className="kmr-gap-above" />
      )}
      <div className="kmr-actions kmr-gap-above">
        <Button type="submit" isLoading={predict.isPending} isDisabled={predict.isPending}>
          Predict
        </Button>
        {predict.isPending && (
          <Button variant="link" onClick={() => abort.current?.abort()}>
            Cancel
          </Button>
        )}
      </div>
      <div className="kmr-gap-above">
        {predict.error !== null && <FailureAlert error={predict.error} />}
        {predict.data !== undefined && <Predictions predicted={predict.data} />}
      </div>
    </form>
  );
}

/** The instances of a JSON text: a list, or a KServe v1 request with one. A text that says what is wrong otherwise. */
function readInstances(text: string): JsonValue[] | string {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return `This is not JSON: ${(error as Error).message}`;
  }
  if (Array.isArray(value)) return value;
  if (typeof value === "object" && value !== null && Array.isArray(value.instances)) return value.instances;
  return 'Expected a list of rows, [[1, 2], [3, 4]], or {"instances": [...]}.';
}
