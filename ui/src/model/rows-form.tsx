import { Button } from "@patternfly/react-core";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import type { InputFeature } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { featureTypeWords } from "../words/enum-words.ts";
import { choicesOf, emptyRow, type Row } from "./cells.ts";

/** So many rows can be typed into; more of them, from a file, are sent all the same. */
const maxTyped = 50;

/** What a feature takes, in words: `number, 0 to 100, percent`. */
export function featureWords({ type, unit, min, max, nullable }: InputFeature): string {
  const range =
    min !== undefined && max !== undefined
      ? `${min} to ${max}`
      : min !== undefined
        ? `${min} or more`
        : max !== undefined
          ? `${max} or less`
          : "";
  const typed = type === 0 ? "" : featureTypeWords(type);
  return [typed, range, unit, nullable ? "may be empty" : ""].filter(Boolean).join(", ");
}

/** Rows to type into, a column for each declared feature. */
export function RowsForm({
  features,
  rows,
  problems,
  onChange,
  onPasteTable,
}: {
  features: readonly InputFeature[];
  rows: readonly Row[];
  /** What is wrong, by the path of a cell: `instances[3].iops`. */
  problems: ReadonlyMap<string, string>;
  onChange: (rows: readonly Row[]) => void;
  /** Takes a text with several cells. */
  onPasteTable: (text: string) => void;
}) {
  const setCell = (r: number, c: number, text: string): void =>
    onChange(rows.map((row, i) => (i === r ? row.map((cell, j) => (j === c ? text : cell)) : row)));
  return (
    <div className="kmr-rows-frame">
      <table className="pf-v6-c-table pf-m-compact kmr-rows" aria-label="Rows">
        <thead className="pf-v6-c-table__thead">
          <tr className="pf-v6-c-table__tr">
            <th className="pf-v6-c-table__th" scope="col">
              Row
            </th>
            {features.map((feature) => (
              <th key={feature.name} className="pf-v6-c-table__th" scope="col">
                <div>{feature.name}</div>
                <div className="kmr-quiet">{featureWords(feature)}</div>
                {feature.description !== "" && <div className="kmr-quiet">{feature.description}</div>}
              </th>
            ))}
            <td className="pf-v6-c-table__td" />
          </tr>
        </thead>
        <tbody className="pf-v6-c-table__tbody">
          {rows.slice(0, maxTyped).map((row, r) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place alone
            <tr key={r} className="pf-v6-c-table__tr">
              <td className="pf-v6-c-table__td">
                {r + 1}
                {problems.has(`instances[${r}]`) && <Problem id={`row-${r}`} text={problems.get(`instances[${r}]`)!} />}
              </td>
              {features.map((feature, c) => (
                <td key={feature.name} className="pf-v6-c-table__td">
                  <Cell
                    feature={feature}
                    row={r}
                    text={row[c] ?? ""}
                    problem={problems.get(`instances[${r}].${feature.name}`)}
                    onChange={(text) => setCell(r, c, text)}
                    onPasteTable={onPasteTable}
                  />
                </td>
              ))}
              <td className="pf-v6-c-table__td">
                <Button
                  variant="plain"
                  aria-label={`Remove row ${r + 1}`}
                  icon={<TimesIcon />}
                  isDisabled={rows.length === 1}
                  onClick={() => onChange(rows.filter((_, i) => i !== r))}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > maxTyped && (
        <p className="kmr-quiet">
          And {rows.length - maxTyped} more rows, which are sent as well.{" "}
          <Button variant="link" isInline onClick={() => onChange([emptyRow(features)])}>
            Remove all
          </Button>
        </p>
      )}
    </div>
  );
}

function Cell({
  feature,
  row,
  text,
  problem,
  onChange,
  onPasteTable,
}: {
  feature: InputFeature;
  row: number;
  text: string;
  problem: string | undefined;
  onChange: (text: string) => void;
  onPasteTable: (text: string) => void;
}) {
  const id = `cell-${row}-${feature.name}`;
  const choices = choicesOf(feature);
  const shared = {
    "aria-label": `${feature.name}, row ${row + 1}`,
    "aria-invalid": problem !== undefined,
    ...(problem === undefined ? {} : { "aria-describedby": id }),
    value: text,
  };
  return (
    <>
      <span className={`pf-v6-c-form-control${problem === undefined ? "" : " pf-m-error"}`}>
        {choices.length > 0 ? (
          <select {...shared} onChange={(event) => onChange(event.target.value)}>
            <option value="" />
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
            {text !== "" && !choices.includes(text) && <option>{text}</option>}
          </select>
        ) : (
          <input
            {...shared}
            type="text"
            autoComplete="off"
            onChange={(event) => onChange(event.target.value)}
            onPaste={(event) => {
              const pasted = event.clipboardData.getData("text/plain");
              if (!/[\t\n]/.test(pasted.trim())) return;
              event.preventDefault();
              onPasteTable(pasted);
            }}
          />
        )}
      </span>
      {problem !== undefined && <Problem id={id} text={problem} />}
    </>
  );
}

function Problem({ id, text }: { id: string; text: string }) {
  return (
    <div id={id} className="kmr-problem">
      {text}
    </div>
  );
}
