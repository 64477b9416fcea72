import { Button } from "@patternfly/react-core";
import UploadIcon from "@patternfly/react-icons/dist/esm/icons/upload-icon";
import { type ReactNode, useRef, useState } from "react";

/** The largest file that is read, in bytes: above, a prediction would be refused. */
const maxFileBytes = 16 * 1024 * 1024;

/** Takes a table that is dropped as a file, or chosen. Pasting is up to what is inside. */
export function TableInput({
  children,
  actions,
  onTable,
  onProblem,
}: {
  children: ReactNode;
  actions: ReactNode;
  onTable: (text: string) => void;
  onProblem: (message: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const read = (file: File | undefined): void => {
    if (file === undefined) return;
    if (file.size > maxFileBytes) onProblem(`${file.name} has more than 16 MiB.`);
    else file.text().then(onTable, () => onProblem(`${file.name} cannot be read.`));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file is a shortcut; the button does the same
    <div
      className={over ? "kmr-drop kmr-drop-over" : "kmr-drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        read(event.dataTransfer.files[0]);
      }}
    >
      {children}
      <div className="kmr-actions">
        {actions}
        <Button variant="link" icon={<UploadIcon />} onClick={() => input.current?.click()}>
          CSV file
        </Button>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          aria-label="CSV file with rows"
          hidden
          onChange={(event) => {
            read(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        <span className="kmr-quiet">Paste rows from a spreadsheet into a cell, or drop a CSV file here.</span>
      </div>
    </div>
  );
}
