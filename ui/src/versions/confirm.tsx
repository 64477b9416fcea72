import { FormGroup, TextInput } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { FormDialog } from "../frame/form-dialog.tsx";
import { FailureAlert } from "../states/failure.tsx";

/** Asks before something is taken away, and has its name typed. */
export function Confirm({
  title,
  verb,
  name,
  children,
  error,
  isPending,
  onConfirm,
  onClose,
}: {
  title: string;
  verb: string;
  name: string;
  children: ReactNode;
  error: unknown;
  isPending: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  return (
    <FormDialog
      id="confirm"
      title={title}
      verb={verb}
      danger
      isPending={isPending}
      isDisabled={typed !== name}
      below={error !== null && <FailureAlert error={error} />}
      onSubmit={() => {
        if (typed === name) onConfirm();
      }}
      onClose={onClose}
    >
      <p>{children}</p>
      <FormGroup label={`Type ${name} to go on`} fieldId="confirm-name">
        <TextInput id="confirm-name" autoComplete="off" value={typed} onChange={(_, value) => setTyped(value)} />
      </FormGroup>
    </FormDialog>
  );
}
