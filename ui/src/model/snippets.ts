import type { JsonValue } from "@bufbuild/protobuf";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type ModelRef, restPathOf } from "../live/model-ref.ts";

export const snippetLanguages = ["curl", "buf curl", "Python", "TypeScript"] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

/** So many rows a call to copy has at most. */
const maxRows = 5;

/** The same call, to copy. A token is named and never written out. */
export function snippet(
  language: SnippetLanguage,
  serviceUrl: string,
  model: ModelRef,
  allInstances: readonly JsonValue[],
  withToken: boolean,
): string {
  const instances = allInstances.slice(0, maxRows);
  const url = `${serviceUrl}/${restPathOf(model)}/predict`;
  switch (language) {
    case "curl":
      return [
        `curl ${shell(url)} \\`,
        ...(withToken ? ['  -H "authorization: Bearer $TOKEN" \\'] : []),
        `  -d ${shell(JSON.stringify({ instances }))}`,
      ].join("\n");
    case "buf curl":
      return [
        `buf curl --protocol grpc${serviceUrl.startsWith("https") ? "" : " --http2-prior-knowledge"} \\`,
        ...(withToken ? ['  -H "authorization: Bearer $TOKEN" \\'] : []),
        `  -d ${shell(JSON.stringify({ ...model, instances }))} \\`,
        `  ${shell(`${serviceUrl}/${ModelRegistry.typeName}/Predict`)}`,
      ].join("\n");
    case "Python":
      return python(url, instances, withToken);
    case "TypeScript":
      return typescript(url, instances, withToken);
  }
}

function python(url: string, instances: readonly JsonValue[], withToken: boolean): string {
  return `import json
${withToken ? "import os\n" : ""}import urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url)},
    data=json.dumps({"instances": json.loads(${pythonText(JSON.stringify(instances))})}).encode(),
    headers={"content-type": "application/json"${withToken ? `, "authorization": f"Bearer {os.environ['TOKEN']}"` : ""}},
)
with urllib.request.urlopen(request) as response:
    print(json.load(response)["predictions"])`;
}

function typescript(url: string, instances: readonly JsonValue[], withToken: boolean): string {
  return `const response = await fetch(
  ${JSON.stringify(url)},
  {
    method: "POST",
    headers: { "content-type": "application/json"${withToken ? `, authorization: \`Bearer \${process.env.TOKEN}\`` : ""} },
    body: JSON.stringify({ instances: ${JSON.stringify(instances)} }),
  },
);
if (!response.ok) throw new Error((await response.json()).error);
const { predictions } = await response.json();
console.log(predictions);`;
}

/** A text as one word of a shell. */
function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as Python writes it. JSON's escapes are Python's as well, but for characters beyond 16 bits, which stay. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}
