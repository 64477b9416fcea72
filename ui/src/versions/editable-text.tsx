import { Button, TextArea } from "@patternfly/react-core";
import PencilAltIcon from "@patternfly/react-icons/dist/esm/icons/pencil-alt-icon";
import { type ReactNode, useState } from "react";
import { SaveForm } from "./save-form.tsx";

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
  return (
    <SaveForm label="Save" save={async () => save?.(typed)} onClose={() => setTyped(undefined)}>
      <TextArea
        aria-label={label}
        autoFocus
        value={typed}
        rows={show === undefined ? 3 : 12}
        resizeOrientation="vertical"
        onChange={(_, value) => setTyped(value)}
      />
    </SaveForm>
  );
}
