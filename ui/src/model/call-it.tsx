import type { JsonValue } from "@bufbuild/protobuf";
import { ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import { useState } from "react";
import { serviceUrl } from "../base-path.ts";
import type { ModelRef } from "../live/model-ref.ts";
import { useToken } from "../session/token.ts";
import { CopyableCode } from "../states/copyable-code.tsx";
import { type SnippetLanguage, snippet, snippetLanguages } from "./snippets.ts";

/** The call that “Try it” makes, to copy into a program. */
export function CallIt({ model, instances }: { model: ModelRef; instances: readonly JsonValue[] }) {
  const [language, setLanguage] = useState<SnippetLanguage>("curl");
  const token = useToken();
  return (
    <>
      <ToggleGroup aria-label="Language" className="kmr-gap-below">
        {snippetLanguages.map((one) => (
          <ToggleGroupItem
            key={one}
            text={one}
            buttonId={`snippet-${one.replace(" ", "-")}`}
            isSelected={one === language}
            onChange={() => setLanguage(one)}
          />
        ))}
      </ToggleGroup>
      <CopyableCode text={snippet(language, serviceUrl, model, instances, token !== "")} />
    </>
  );
}
