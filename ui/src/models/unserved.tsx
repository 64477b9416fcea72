import { useQuery } from "@connectrpc/connect-query";
import { ExpandableSection, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Tr } from "@patternfly/react-table";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ColumnHeads } from "../frame/column-heads.tsx";
import { sourceWords } from "../words/enum-words.ts";
import { EntryProblems } from "./entry-problems.tsx";

/** How often it is looked whether an entry has been put right, in milliseconds. */
const refetchMs = 10_000;

/** The entries that are not in force, and why. Nothing where there is none. */
export function Unserved() {
  const { data } = useQuery(
    ModelRegistry.method.listModels,
    { pageSize: 1, includeUnserved: true },
    { refetchInterval: refetchMs },
  );
  const unserved = data?.unserved ?? [];
  if (unserved.length === 0) return null;
  const refused = unserved.filter(({ entry }) => entry?.refused).length;
  const title = [
    refused > 0 ? `${refused} rejected ${refused === 1 ? "entry" : "entries"}` : "",
    refused < unserved.length ? `${unserved.length - refused} shadowed` : "",
  ];
  return (
    <ExpandableSection toggleText={title.filter(Boolean).join(", ")} isIndented className="kmr-unserved">
      <Table aria-label="Entries that are not served" variant="compact">
        <ColumnHeads labels={["Name", "Why", "Where it stands"]} />
        <Tbody>
          {unserved.map(({ name, entry }) => (
            <Tr key={`${name} ${entry?.source} ${entry?.location}`}>
              <Td dataLabel="Name">{name || <em>no name</em>}</Td>
              <Td dataLabel="Why">
                <Label status={entry?.refused ? "danger" : "info"} variant="outline" isCompact>
                  {entry?.refused ? "rejected" : "shadowed"}
                </Label>
                {entry?.refused ? (
                  <EntryProblems problems={entry.problems} />
                ) : (
                  <div className="kmr-quiet">Another entry of that name takes precedence.</div>
                )}
              </Td>
              <Td dataLabel="Where it stands">
                {sourceWords(entry?.source ?? 0)} <span className="kmr-quiet">{entry?.location}</span>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </ExpandableSection>
  );
}
