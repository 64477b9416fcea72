import { Button, EmptyState, EmptyStateBody, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ModelRef, restPathOf } from "../live/model-ref.ts";
import { useToken } from "../session/token.ts";
import { CopyableCode } from "../states/copyable-code.tsx";
import { Loading } from "../states/loading.tsx";
import { fetchText } from "../transport.ts";

const forms = [
  ["proto", ".proto"],
  ["json-schema", "JSON Schema"],
  ["openapi", "OpenAPI"],
] as const;

/** The typed contract of a model, to read and to download. */
export function Contract({ model, typedService }: { model: ModelRef; typedService: string }) {
  const [form, setForm] = useState<string>("proto");
  const token = useToken();
  const { data, error } = useQuery({
    queryKey: ["contract", model, form, token],
    enabled: typedService !== "",
    queryFn: async ({ signal }) => {
      const response = await fetchText(`${restPathOf(model)}/contract?format=${form}`, signal);
      const text = await response.text();
      if (!response.ok) throw new Error((JSON.parse(text) as { error: string }).error);
      const fileName =
        /filename="([\w.-]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "contract";
      return { text: form === "proto" ? text : JSON.stringify(JSON.parse(text), null, 2), fileName };
    },
  });
  if (typedService === "") {
    return (
      <EmptyState titleText="No typed contract" headingLevel="h3">
        <EmptyStateBody>
          The model declares no input features. Once its entry names them there is a typed service of its own, with a
          .proto file, a JSON Schema and an OpenAPI document.
        </EmptyStateBody>
      </EmptyState>
    );
  }
  return (
    <>
      <p className="kmr-gap-below">
        The service <code>{typedService}</code> answers on the same address; reflection knows it, too.
      </p>
      <ToggleGroup aria-label="Form of the contract" className="kmr-gap-below">
        {forms.map(([name, label]) => (
          <ToggleGroupItem
            key={name}
            text={label}
            buttonId={`contract-${name}`}
            isSelected={name === form}
            onChange={() => setForm(name)}
          />
        ))}
      </ToggleGroup>
      {error !== null && <p role="alert">{error.message}</p>}
      {data === undefined && error === null && <Loading what="the contract" />}
      {data !== undefined && (
        <CopyableCode
          text={data.text}
          actions={
            <Button
              variant="plain"
              aria-label={`Download ${data.fileName}`}
              icon={<DownloadIcon />}
              onClick={() => download(data.fileName, data.text)}
            />
          }
        />
      )}
    </>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
