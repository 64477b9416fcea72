import { Button } from "@patternfly/react-core";

/** Moves between the pages of a list that the server makes. */
export function Pager({
  tokens,
  nextToken,
  total,
  onTokens,
}: {
  /** The tokens of the pages before this one and of this one; empty on the first. */
  tokens: readonly string[];
  nextToken: string;
  total: bigint | undefined;
  onTokens: (tokens: readonly string[]) => void;
}) {
  if (tokens.length === 0 && nextToken === "") return null;
  return (
    <nav className="kmr-actions kmr-gap-above" aria-label="Pages">
      <Button
        variant="secondary"
        size="sm"
        isDisabled={tokens.length === 0}
        onClick={() => onTokens(tokens.slice(0, -1))}
      >
        Previous
      </Button>
      <span>
        Page {tokens.length + 1}
        {total !== undefined && `, ${total} in all`}
      </span>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={nextToken === ""}
        onClick={() => onTokens([...tokens, nextToken])}
      >
        Next
      </Button>
    </nav>
  );
}
