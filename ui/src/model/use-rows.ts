import type { JsonValue } from "@bufbuild/protobuf";
import { useState } from "react";
import type { InputFeature } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { jsonText } from "../words/json-text.ts";
import { emptyRow, instancesOf, looseValue, type Row, rowsOf } from "./cells.ts";
import { parseCsv, rowsOfCsv } from "./csv.ts";
import { readInstances } from "./read-instances.ts";

/** Rows that are being written, as a form or as JSON. */
export interface RowsBeingWritten {
  readonly features: readonly InputFeature[];
  readonly asForm: boolean;
  /** In the form. */
  readonly rows: readonly Row[];
  /** As JSON. */
  readonly text: string;
  /** Why what was written last cannot be taken. Empty where it can. */
  readonly problem: string;
  setProblem(problem: string): void;
  changeRows(rows: readonly Row[]): void;
  changeText(text: string): void;
  /** Takes a table in place of what is there, as CSV or with tabs. */
  takeTable(table: string): void;
  switchTo(asForm: boolean): void;
  /** What is there now; undefined, and a problem, where it is not a list of rows. */
  instances(): JsonValue[] | undefined;
}

/**
 * Keeps rows while they are written: in a form where there are features.
 *
 * @param example instances to begin with
 * @param onInstances called with the instances that are there now
 */
export function useRows(
  features: readonly InputFeature[],
  example: readonly JsonValue[],
  onInstances: (instances: readonly JsonValue[]) => void,
): RowsBeingWritten {
  const [asForm, setAsForm] = useState(features.length > 0);
  const [rows, setRows] = useState<readonly Row[]>(() => rowsOf(features, example) ?? [emptyRow(features)]);
  const [text, setText] = useState(() => jsonText([...example]));
  const [problem, setProblem] = useState("");

  const changeRows = (next: readonly Row[]): void => {
    setRows(next);
    setProblem("");
    onInstances(instancesOf(features, next));
  };
  const changeText = (next: string): void => {
    setText(next);
    setProblem("");
    const instances = readInstances(next);
    if (Array.isArray(instances)) onInstances(instances);
  };
  const toText = (): void => {
    setText(jsonText(instancesOf(features, rows)));
    setProblem("");
    setAsForm(false);
  };
  const toForm = (): void => {
    const instances = readInstances(text);
    const next = Array.isArray(instances) ? rowsOf(features, instances) : undefined;
    if (next === undefined) {
      setProblem("The JSON is not a list of rows, so the form cannot show it.");
      return;
    }
    if (next.length > 0) setRows(next);
    setProblem("");
    setAsForm(true);
  };
  return {
    features,
    asForm,
    rows,
    text,
    problem,
    setProblem,
    changeRows,
    changeText,
    takeTable(table) {
      try {
        if (asForm) changeRows(rowsOfCsv(features, table));
        else changeText(jsonText(parseCsv(table).map((row) => row.map(looseValue))));
      } catch (error) {
        setProblem((error as Error).message);
      }
    },
    switchTo(form) {
      if (form === asForm) return;
      if (form) toForm();
      else toText();
    },
    instances() {
      const read = asForm ? instancesOf(features, rows) : readInstances(text);
      if (typeof read !== "string") return read;
      setProblem(read);
      return undefined;
    },
  };
}
