import { Button } from "@patternfly/react-core";
import { type ReactNode, useState } from "react";
import { FailureAlert } from "../states/failure.tsx";

/** A form for something that can be changed where it stands. It closes once that is saved, and says what kept it from that. */
export function SaveForm({
  className,
  label,
  isDisabled = false,
  actions,
  save,
  onClose,
  children,
}: {
  className?: string;
  /** What its button says. */
  label: string;
  /** Whether what is typed cannot be saved. */
  isDisabled?: boolean;
  /** Further buttons. */
  actions?: ReactNode;
  /** Rejects where it cannot be saved. */
  save: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const submit = async (): Promise<void> => {
    setPending(true);
    setError(null);
    try {
      await save();
      onClose();
    } catch (thrown) {
      setError(thrown);
      setPending(false);
    }
  };
  return (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {children}
      <div className="kmr-actions kmr-gap-above">
        {actions}
        <Button type="submit" size="sm" isLoading={pending} isDisabled={pending || isDisabled}>
          {label}
        </Button>
        <Button variant="link" size="sm" onClick={onClose}>
          Cancel
        </Button>
      </div>
      {error !== null && <FailureAlert error={error} />}
    </form>
  );
}
