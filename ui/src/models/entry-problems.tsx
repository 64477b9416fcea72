import type { EntryProblem } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";

/** What is wrong with an entry, field by field. */
export function EntryProblems({ problems }: { problems: readonly EntryProblem[] }) {
  return (
    <ul className="kmr-problems">
      {problems.map(({ field, message }) => (
        <li key={`${field} ${message}`}>
          {field !== "" && <code>{field}</code>} {message}
        </li>
      ))}
    </ul>
  );
}
