import type { MessageInitShape } from "@bufbuild/protobuf";
import { Button, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import PencilAltIcon from "@patternfly/react-icons/dist/esm/icons/pencil-alt-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useState } from "react";
import type { PropertyValue, PropertyValueSchema } from "../../../gen/kserve/versions/v1/property_pb.ts";
import { isHidden, Properties, propertyText } from "./properties.tsx";
import { SaveForm } from "./save-form.tsx";
import { type PropertyType, propertyTypeOf, propertyTypes, typedProperty } from "./typed-property.ts";

type PropertyMap = Readonly<Record<string, PropertyValue>>;
/** What is saved. */
type Saved = Readonly<Record<string, MessageInitShape<typeof PropertyValueSchema>>>;

/** Replaces all properties of a record. Rejects where that fails. */
export type PropertySaver = (properties: Saved) => Promise<unknown>;

/** One line of the form. */
interface Line {
  readonly id: number;
  readonly key: string;
  readonly text: string;
  readonly type: PropertyType;
  /** Its key can still be typed. */
  readonly isNew: boolean;
}

/** Properties that can be changed where they stand. `save` replaces all of them, and rejects where that fails. */
export function EditableProperties({
  properties,
  save,
}: {
  properties: PropertyMap;
  /** Undefined: they cannot be changed. */
  save: PropertySaver | undefined;
}) {
  const [editing, setEditing] = useState(false);
  if (editing && save !== undefined) {
    return <PropertiesForm properties={properties} save={save} onClose={() => setEditing(false)} />;
  }
  return (
    <>
      <Properties properties={properties} />
      {save !== undefined && (
        <Button variant="link" size="sm" icon={<PencilAltIcon />} onClick={() => setEditing(true)}>
          Edit properties and labels
        </Button>
      )}
    </>
  );
}

function PropertiesForm({
  properties,
  save,
  onClose,
}: {
  properties: PropertyMap;
  save: PropertySaver;
  onClose: () => void;
}) {
  const [lines, setLines] = useState<readonly Line[]>(() =>
    Object.entries(properties)
      .filter(([key, value]) => !isKept(key, value))
      .map(([key, value], id) => ({
        ...{ id, key, text: propertyText(value), isNew: false },
        type: propertyTypeOf(value) ?? "stringValue",
      })),
  );
  const keys = lines.map(({ key }) => key.trim());
  const problem = problemOf(lines, keys);
  const change = (id: number, part: Partial<Line>): void =>
    setLines(lines.map((line) => (line.id === id ? { ...line, ...part } : line)));
  const submit = (): Promise<unknown> => {
    const kept = Object.entries(properties).filter(([key, value]) => isKept(key, value));
    const typed = lines.map(({ key, text, type }) => [key.trim(), typedProperty(text, type)!] as const);
    return save(Object.fromEntries([...kept, ...typed]));
  };
  const add = (
    <Button
      variant="secondary"
      size="sm"
      onClick={() =>
        setLines([
          ...lines,
          {
            ...{ id: Math.max(-1, ...lines.map((line) => line.id)) + 1, key: "", text: "" },
            ...{ type: "stringValue", isNew: true },
          },
        ])
      }
    >
      Add property
    </Button>
  );
  return (
    <SaveForm
      className="kmr-form"
      label="Save properties"
      isDisabled={problem !== undefined}
      actions={add}
      save={submit}
      onClose={onClose}
    >
      {lines.map(({ id, key, text, type, isNew }) => (
        <div key={id} className="kmr-sample">
          <TextInput
            aria-label={`Name of property ${key || "that is new"}`}
            value={key}
            readOnlyVariant={isNew ? undefined : "default"}
            onChange={(_, value) => change(id, { key: value })}
          />
          <TextInput
            aria-label={`Value of property ${key || "that is new"}`}
            value={text}
            onChange={(_, value) => change(id, { text: value })}
          />
          <FormSelect
            aria-label={`Type of property ${key || "that is new"}`}
            value={type}
            onChange={(_, value) => change(id, { type: value as PropertyType })}
          >
            {Object.entries(propertyTypes).map(([one, label]) => (
              <FormSelectOption key={one} value={one} label={label} />
            ))}
          </FormSelect>
          <Button
            variant="plain"
            aria-label={`Remove property ${key || "that is new"}`}
            icon={<TimesIcon />}
            onClick={() => setLines(lines.filter((line) => line.id !== id))}
          />
        </div>
      ))}
      <p className="kmr-quiet">A text without a value is a label.</p>
      {problem !== undefined && <p className="kmr-problem">{problem}</p>}
    </SaveForm>
  );
}

/** What is not shown, and what cannot be typed, stays as it is. */
function isKept(key: string, value: PropertyValue): boolean {
  return isHidden(key) || propertyTypeOf(value) === undefined;
}

/** What is wrong with the first line that is. */
function problemOf(lines: readonly Line[], keys: readonly string[]): string | undefined {
  if (keys.includes("")) return "A name is missing";
  const repeated = keys.find((key, i) => keys.indexOf(key) !== i);
  if (repeated !== undefined) return `${repeated} is there twice`;
  const wrong = lines.find(({ text, type }) => typedProperty(text, type) === undefined);
  return wrong && `${wrong.key}: expected ${wrong.type === "boolValue" ? "" : "a "}${propertyTypes[wrong.type]}`;
}
