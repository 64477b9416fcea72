import { Button, TextArea } from "@patternfly/react-core";
import PencilAltIcon from "@patternfly/react-icons/dist/esm/icons/pencil-alt-icon";
import { type ReactNode, useState } from "react";
import { FailureAlert } from "../states/failure.tsx";

/** A text that can be changed where it stands. `save` rejects where it cannot be saved. */
export function EditableText({
  label,
  text,
  show,
  save,
}: {
  label: string;
  text: string;
  /** Shows a text. Default: as it is. */
  show?: (text: string) => ReactNode;
  /** Undefined: it cannot be changed. */
  save: ((text: string) => Promise<unknown>) | undefined;
}) {
  const [typed, setTyped] = useState<string>();
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  if (typed === undefined) {
    return (
      <div className="kmr-editable">
        {text !== "" && show !== undefined ? (
          show(text)
        ) : (
          <span className={text === "" ? "kmr-quiet" : "kmr-words"}>{text || "none"}</span>
        )}
        {save !== undefined && (
          <Button
            variant="plain"
            size="sm"
            aria-label={`Edit ${label}`}
            icon={<PencilAltIcon />}
            onClick={() => setTyped(text)}
          />
        )}
      </div>
    );
  }
  const submit = async (): Promise<void> => {
    setPending(true);
    setError(null);
    try {
      await save?.(typed);
      setTyped(undefined);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setPending(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextArea
        aria-label={label}
        autoFocus
        value={typed}
        rows={show === undefined ? 3 : 12}
        resizeOrientation="vertical"
        onChange={(_, value) => setTyped(value)}
      />
      <div className="kmr-actions kmr-gap-above">
        <Button type="submit" size="sm" isLoading={pending} isDisabled={pending}>
          Save
        </Button>
        <Button variant="link" size="sm" onClick={() => setTyped(undefined)}>
          Cancel
        </Button>
      </div>
      {error !== null && <FailureAlert error={error} />}
    </form>
  );
}
