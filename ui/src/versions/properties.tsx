import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { PropertyValue } from "../../../gen/kserve/versions/v1/property_pb.ts";

/** Kubeflow's page keeps notes of its own among the properties. */
const hidden = /^_(lastModified|registeredFrom)/;

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
  const shown = Object.entries(properties).filter(([key]) => !hidden.test(key));
  if (shown.length === 0) return <p className="kmr-quiet">none</p>;
  return (
    <Table aria-label="Properties" variant="compact">
      <Thead>
        <Tr>
          <Th>Property</Th>
          <Th>Value</Th>
        </Tr>
      </Thead>
      <Tbody>
        {shown.map(([key, value]) => (
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
