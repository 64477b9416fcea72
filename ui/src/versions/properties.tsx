import { Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import type { PropertyValue } from "../../../gen/kserve/versions/v1/property_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";

/** Kubeflow's page keeps notes of its own among the properties, which are not shown. */
export function isHidden(key: string): boolean {
  return /^_(lastModified|registeredFrom)/.test(key);
}

/** A property in words. */
export function propertyText({ value }: PropertyValue): string {
  switch (value.case) {
    case undefined:
      return "";
    case "structValue":
      return JSON.stringify(value.value);
    case "protoValue":
      return `${value.value.type}, ${value.value.value.length} bytes`;
    default:
      return String(value.value);
  }
}

/** Properties by key. As Kubeflow's page has it, one with an empty text is a label. */
export function Properties({ properties }: { properties: Readonly<Record<string, PropertyValue>> }) {
  const shown = Object.entries(properties).filter(([key]) => !isHidden(key));
  const labels = shown.filter(([, { value }]) => value.case === "stringValue" && value.value === "");
  const valued = shown.filter((one) => !labels.includes(one));
  if (shown.length === 0) return <p className="kmr-quiet">none</p>;
  return (
    <>
      {labels.length > 0 && (
        <p className="kmr-actions kmr-gap-below">
          {labels.map(([key]) => (
            <Label key={key} isCompact>
              {key}
            </Label>
          ))}
        </p>
      )}
      {valued.length > 0 && <PropertyTable properties={valued} />}
    </>
  );
}

function PropertyTable({ properties }: { properties: readonly (readonly [key: string, value: PropertyValue])[] }) {
  return (
    <Table aria-label="Properties" variant="compact">
      <ColumnHeads labels={["Property", "Value"]} />
      <Tbody>
        {properties.map(([key, value]) => (
          <Tr key={key}>
            <Td dataLabel="Property">{key}</Td>
            <Td dataLabel="Value" className="kmr-words">
              {propertyText(value)}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
