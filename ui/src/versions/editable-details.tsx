import { Button, FormGroup, TextInput } from "@patternfly/react-core";
import PencilAltIcon from "@patternfly/react-icons/dist/esm/icons/pencil-alt-icon";
import { useState } from "react";
import { FactList } from "../frame/fact-list.tsx";
import { SaveForm } from "./save-form.tsx";

/** A field of a record that is a line of text, or a list of words. */
export interface DetailField<Key extends string> {
  readonly key: Key;
  readonly label: string;
  /** As update masks name it. */
  readonly path: string;
  /** Whether it is a list; its words are typed with commas between them. */
  readonly isList?: boolean;
}

/** What the fields hold. */
type Values<Key extends string> = Readonly<Record<Key, string | readonly string[]>>;

/** Changes the fields that the paths name, by their keys. Rejects where that fails. */
type SaveDetails = (values: Readonly<Record<string, unknown>>, paths: string[]) => Promise<unknown>;

/**
 * The fields of a record, which can be changed where they stand.
 *
 * @param save undefined: they cannot be changed
 */
export function EditableDetails<Key extends string>({
  fields,
  record,
  save,
}: {
  fields: readonly DetailField<Key>[];
  record: Values<Key>;
  save: SaveDetails | undefined;
}) {
  const [editing, setEditing] = useState(false);
  if (editing && save !== undefined) {
    return <DetailsForm fields={fields} record={record} save={save} onClose={() => setEditing(false)} />;
  }
  const facts = fields.map(({ key, label }) => [label, textOf(record[key])] as const);
  return (
    <>
      {facts.some(([, text]) => text !== "") ? <FactList facts={facts} /> : <p className="kmr-quiet">none</p>}
      {save !== undefined && (
        <Button variant="link" size="sm" icon={<PencilAltIcon />} onClick={() => setEditing(true)}>
          Edit details
        </Button>
      )}
    </>
  );
}

function DetailsForm<Key extends string>({
  fields,
  record,
  save,
  onClose,
}: {
  fields: readonly DetailField<Key>[];
  record: Values<Key>;
  save: SaveDetails;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState({} as Readonly<Partial<Record<Key, string>>>);
  const submit = async (): Promise<void> => {
    const changed = fields.filter(({ key }) => typed[key] !== undefined && typed[key] !== textOf(record[key]));
    if (changed.length === 0) return;
    const values = changed.map(({ key, isList }) => [key, isList ? wordsOf(typed[key]!) : typed[key]!.trim()]);
    await save(
      Object.fromEntries(values),
      changed.map(({ path }) => path),
    );
  };
  return (
    <SaveForm className="kmr-form" label="Save details" save={submit} onClose={onClose}>
      {fields.map(({ key, label, isList }) => (
        <FormGroup key={key} label={isList ? `${label}, comma-separated` : label} fieldId={`detail-${key}`}>
          <TextInput
            id={`detail-${key}`}
            autoComplete="off"
            value={typed[key] ?? textOf(record[key])}
            onChange={(_, value) => setTyped({ ...typed, [key]: value })}
          />
        </FormGroup>
      ))}
    </SaveForm>
  );
}

function textOf(value: string | readonly string[]): string {
  return typeof value === "string" ? value : value.join(", ");
}

function wordsOf(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
