import { Th, Thead, Tr } from "@patternfly/react-table";

/** The head of a table: a label for each column. */
export function ColumnHeads({ labels }: { labels: readonly string[] }) {
  return (
    <Thead>
      <Tr>
        {labels.map((label) => (
          <Th key={label}>{label}</Th>
        ))}
      </Tr>
    </Thead>
  );
}
