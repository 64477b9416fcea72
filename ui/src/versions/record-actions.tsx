import { Button } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { FailureAlert } from "../states/failure.tsx";
import { Confirm } from "./confirm.tsx";

/** What is asked of the server, and how it goes. */
interface Change {
  readonly error: Error | null;
  readonly isPending: boolean;
}

/** Archives, restores and deletes a record; what is not easily undone with its name typed. */
export function RecordActions({
  name,
  isLive,
  canChange,
  canDelete,
  update,
  remove,
  onArchive,
  onRestore,
  onDelete,
  whatArchivingDoes,
  whatDeletingDoes,
  children,
}: {
  name: string;
  isLive: boolean;
  /** Whether the person may archive and restore it, and delete it. */
  canChange: boolean;
  canDelete: boolean;
  update: Change;
  remove: Change;
  /** Resolves once it is archived. */
  onArchive: () => Promise<unknown>;
  onRestore: () => void;
  onDelete: () => void;
  whatArchivingDoes: ReactNode;
  whatDeletingDoes: ReactNode;
  /** What else can be done with one that is not archived. */
  children?: ReactNode;
}) {
  const [asked, setAsked] = useState<"archive" | "delete">();
  const archive = (): void => {
    // What fails is shown where it was asked.
    onArchive().then(
      () => setAsked(undefined),
      () => {},
    );
  };
  return (
    <>
      {isLive && children}
      {canChange &&
        (isLive ? (
          <Button variant="secondary" onClick={() => setAsked("archive")}>
            Archive
          </Button>
        ) : (
          <Button variant="secondary" isLoading={update.isPending} onClick={onRestore}>
            Restore
          </Button>
        ))}
      {canDelete && (
        <Button variant="secondary" isDanger onClick={() => setAsked("delete")}>
          Delete
        </Button>
      )}
      {asked === undefined && update.error !== null && <FailureAlert error={update.error} />}
      {asked === "archive" && (
        <Confirm
          title={`Archive ${name}?`}
          verb="Archive"
          name={name}
          error={update.error}
          isPending={update.isPending}
          onConfirm={archive}
          onClose={() => setAsked(undefined)}
        >
          {whatArchivingDoes}
        </Confirm>
      )}
      {asked === "delete" && (
        <Confirm
          title={`Delete ${name}?`}
          verb="Delete"
          name={name}
          error={remove.error}
          isPending={remove.isPending}
          onConfirm={onDelete}
          onClose={() => setAsked(undefined)}
        >
          {whatDeletingDoes}
        </Confirm>
      )}
    </>
  );
}
