import { Alert, Button, TextArea, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import { emptyRow } from "./cells.ts";
import { RowsForm } from "./rows-form.tsx";
import { TableInput } from "./table-input.tsx";
import type { RowsBeingWritten } from "./use-rows.ts";

/** Rows to fill in, as a form where the model declares its features, or as JSON. */
export function RowsInput({
  input,
  problems,
}: {
  input: RowsBeingWritten;
  /** What the server says of cells, by their paths. */
  problems: ReadonlyMap<string, string>;
}) {
  const { features, asForm, rows, problem, setProblem, changeRows, takeTable, switchTo } = input;
  return (
    <>
      {features.length > 0 && (
        <ToggleGroup aria-label="How rows are written" className="kmr-gap-below">
          <ToggleGroupItem text="Form" buttonId="as-form" isSelected={asForm} onChange={() => switchTo(true)} />
          <ToggleGroupItem text="JSON" buttonId="as-json" isSelected={!asForm} onChange={() => switchTo(false)} />
        </ToggleGroup>
      )}
      <TableInput
        onTable={takeTable}
        onProblem={setProblem}
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
          <JsonRows input={input} />
        )}
      </TableInput>
      {problem !== "" && <Alert variant="danger" isInline component="p" title={problem} className="kmr-gap-above" />}
    </>
  );
}

function JsonRows({ input: { text, changeText, takeTable } }: { input: RowsBeingWritten }) {
  return (
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
  );
}
