import { Button, CodeBlock, CodeBlockAction, CodeBlockCode } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { type ReactNode, useState } from "react";

const copiedMs = 2000;

/** A text to read and to copy. */
export function CopyableCode({ text, actions }: { text: string; actions?: ReactNode }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    // Over plain HTTP browsers give pages no clipboard; the text can still be marked by hand.
    await navigator.clipboard?.writeText(text);
    setCopied(navigator.clipboard !== undefined);
    setTimeout(() => setCopied(false), copiedMs);
  };
  return (
    <CodeBlock
      actions={
        <CodeBlockAction>
          {actions}
          {navigator.clipboard !== undefined && (
            <Button
              variant="plain"
              aria-label={copied ? "Copied" : "Copy"}
              icon={copied ? <CheckIcon /> : <CopyIcon />}
              onClick={() => void copy()}
            />
          )}
        </CodeBlockAction>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className="kmr-code" tabIndex={0} aria-label="Text to copy">
        <CodeBlockCode>{text}</CodeBlockCode>
      </section>
    </CodeBlock>
  );
}
