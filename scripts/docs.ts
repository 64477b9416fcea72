/** Writes `docs/CONFIGURATION.md` from the tables that the parser itself reads, so that the two cannot differ. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDuration } from "../src/base/duration.ts";
import { entryLimits } from "../src/base/field-reader.ts";
import { commandVariableGroups, legacyVariables, variableGroups } from "../src/config/config.ts";
import type { Variable } from "../src/config/config-variable.ts";
import {
  comparisons,
  featureTypes,
  inputFormats,
  modelProtocols,
  modelTypes,
  predictionCounts,
} from "../src/registry/model.ts";

const { descriptionChars, listItems, textChars, timeoutMs } = entryLimits;
const timeoutRange = `${formatDuration(timeoutMs.min)} to ${formatDuration(timeoutMs.max)}`;
const dnsLabel = "a DNS label: 1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit";
const absolutePath = `an absolute path of at most ${entryLimits.pathChars.toLocaleString("en")} characters`;
const shortText = `a text of at most ${textChars} characters`;
const number = "a number";

/** The fields of an entry: name, form, what it means and what holds without it. */
const entryFields = [
  ["name", `${dnsLabel}. Required`, "What callers call the model. Unique within its `namespace`."],
  [
    "service",
    `${dnsLabel}. Required, unless there is a \`url\``,
    "The Kubernetes Service (or InferenceService) that serves the model.",
  ],
  ["namespace", "a DNS label", "The Kubernetes namespace of `service`. Default: `KSERVE_NAMESPACE`."],
  ["type", `${words(modelTypes)}. Required`, "What kind of model it is."],
  ["description", `a text of at most ${thousands(descriptionChars)} characters`, "What the model does."],
  [
    "url",
    "a base address, `http` or `https`, at most 2,048 characters, without user, password, `?` and `#`",
    "Where the model server is, with a path prefix if it has one. Default: made from `KSERVE_URL_FORMAT`.",
  ],
  [
    "port",
    "a whole number from 1 to 65535. Not together with `url`",
    "The port of `service`. Default: `KSERVE_PREDICTOR_PORT`.",
  ],
  [
    "model",
    `${shortText} without \`\\\`, \`%\`, \`?\`, \`#\` and control characters`,
    "The name in the path of the model server, `/v1/models/{model}:predict`, where `/` is sent as `%2F`. Default: `name`.",
  ],
  ["timeout", `a duration from ${timeoutRange}`, "The longest a prediction may take. Default: `KSERVE_TIMEOUT`."],
  [
    "protocol",
    words(modelProtocols),
    "What is spoken with the model server: KServe v1, or the Open Inference Protocol over REST (`v2`) or gRPC (`grpc-v2`). Default: what the InferenceService says, else `v1`.",
  ],
  [
    "forwardAuthorization",
    "true or false",
    "Whether the caller's `authorization` header goes to the model. Default: false.",
  ],
  [
    "caFile",
    absolutePath,
    "Certificates of authorities, as PEM, for this model, besides the usual ones and those of `KSERVE_CA_FILE`.",
  ],
  [
    "clientCertFile",
    `${absolutePath}. Together with \`clientKeyFile\``,
    "The certificate that is shown to this model server, instead of that of `KSERVE_CLIENT_CERT_FILE`.",
  ],
  ["clientKeyFile", `${absolutePath}. Together with \`clientCertFile\``, "Its private key."],
  [
    "tokenFile",
    `${absolutePath}. Not together with \`forwardAuthorization\``,
    "A file with a bearer token of this service, sent to this model alone.",
  ],
  ["triggers", list("names or objects, below"), "What should make a caller ask this model."],
  [
    "inputFeatures",
    list("names or objects, below, with unique names"),
    "The columns of a row, in the order that the model expects. Rows are then checked, and may be objects by name.",
  ],
  [
    "inputFormat",
    `${words(inputFormats)}. Anything but \`array\` needs \`inputFeatures\``,
    "How the model server wants its rows; callers need not care. Default: `array`.",
  ],
  ["outputFormat", "an object, below", "Where the value that matters stands in a prediction, and what it means."],
  [
    "remediationActions",
    list("objects, below"),
    "The owner's advice for predictions that cross the threshold. Nothing carries it out.",
  ],
  [
    "version",
    "`MODEL/VERSION`, `MODEL@ALIAS` or `MODEL`, with `/`, `@` and `%` in names percent-encoded",
    "The version of the registry of versions that the model is; `MODEL` alone is its newest live version. What the entry does not declare, the model has from there ([VERSIONS.md](VERSIONS.md#models-that-are-served)).",
  ],
] as const;

const triggerFields = [
  ["type", `${shortText}. Required`, "The kind of rule. A `metric-threshold` needs `metric` and `threshold`."],
  ["metric", shortText, "The metric that the rule looks at."],
  ["threshold", number, "The value of the metric at which the rule fires."],
  ["comparison", words(comparisons), "How the metric is compared with the threshold. Default: `>=`."],
] as const;

const featureFields = [
  ["name", `${shortText}. Required`, "The name in rows by name."],
  ["type", words(featureTypes), "What a value must be. Left out: any JSON value is passed on."],
  ["unit", shortText, "The unit of the values, for people."],
  ["min", `${number}. Needs the type \`number\` or \`integer\``, "The smallest value that is allowed."],
  ["max", `${number}. Needs the type \`number\` or \`integer\``, "The largest value that is allowed."],
  ["nullable", "true or false", "Whether a value may be `null`. Default: false, where a type is declared."],
  ["default", "a value that the feature allows", "For rows by name that leave the feature out."],
  ["values", `${list("values")}, at least one`, "The values that are allowed."],
  ["description", `a text of at most ${thousands(descriptionChars)} characters`, "What the feature is."],
] as const;

const outputFields = [
  [
    "field",
    shortText,
    "A key, which may have dots in it, an index, or a path of them with dots: `failure_probability`, `scores.0`. Default: the prediction itself.",
  ],
  ["threshold", number, "From where on the value calls for action."],
  ["comparison", `${words(comparisons)}. Needs \`threshold\``, "How the value is compared. Default: `>=`."],
  [
    "labels",
    'an object from values to texts, `{"-1": "anomaly", "1": "normal"}`',
    "What the values mean; `1` stands for `1.0` as well. Any other value is then a bad answer.",
  ],
  [
    "shape",
    "a list of at most 8 whole numbers",
    "The size of each dimension of one prediction; `[]` is a single value.",
  ],
  [
    "count",
    words(predictionCounts),
    "Lets the model answer more or fewer predictions than instances, as detectors and forecasters do. Default: one for each.",
  ],
] as const;

const actionFields = [
  ["type", `${shortText}. Required`, "The kind of action."],
  ["severity", shortText, "How bad it is."],
  ["target", shortText, "What to act on."],
  ["anything else", "any JSON", "Kept, and handed to callers as it is."],
] as const;

const page = `<!-- Written by scripts/docs.ts from src/config/: change those, then run \`npm run docs\`. -->

# Configuration

The server is configured by environment variables. They are read once, at the start. An empty variable counts as
unset, except where its meaning says otherwise.

- A **duration** is a number with \`ms\`, \`s\`, \`m\` or \`h\`: \`500ms\`, \`10s\`, \`1.5m\`.
- A **size** is a whole number with \`B\`, \`KiB\`, \`MiB\` or \`GiB\`: \`16MiB\`.

${[...variableGroups, ...commandVariableGroups]
  .map(({ title, variables }) => `## ${title}\n\n${variableTable(Object.values(variables))}`)
  .join("\n\n")}

## The models: \`KSERVE_MODEL_REGISTRY\`

A JSON array of entries. A Helm chart writes it from its values with \`toJson\`, see
[CUSTOM-MODELS.md](CUSTOM-MODELS.md).

\`\`\`json
[
  {
    "name": "anomaly-detector",
    "service": "anomaly-detector-predictor",
    "type": "anomaly"
  },
  {
    "name": "disk-failure-predictor",
    "service": "disk-failure-predictor-predictor",
    "namespace": "storage-monitoring",
    "type": "predictive",
    "description": "Predicts disk failures 24h in advance",
    "inputFeatures": ["disk_utilization", "iops", "disk_age_days"]
  }
]
\`\`\`

${fieldTable(entryFields)}

A field that is \`null\` or an empty text counts as left out. Unknown fields are refused, with the known name that is
nearest.

### \`triggers\`

A bare name (\`"resource_spike"\`), or an object:

${fieldTable(triggerFields)}

### \`inputFeatures\`

A bare name (\`"iops"\`), or an object:

${fieldTable(featureFields)}

### \`outputFormat\`

${fieldTable(outputFields)}

### \`remediationActions\`

${fieldTable(actionFields)}

## The older variables

They are read only where \`KSERVE_MODEL_REGISTRY\` is unset, and log that they are deprecated.

${table(
  ["Variable", "Form", "Meaning"],
  legacyVariables.map(({ name, form, meaning }) => [`\`${name}\``, sentence(form), meaning]),
)}

The models have the default namespace. \`anomaly-detector\` is of type anomaly, \`predictive-analytics\` of type
predictive, and the type of any other is unknown: filters by type leave it out.

## Which address is called

1. The entry's \`url\`.
2. Else, where discovery watches InferenceServices, the \`status.address.url\` of the one that \`service\` names, in the
   entry's namespace and cluster: by its own name, or as the Service of its predictor, \`NAME-predictor\`.
3. Else \`KSERVE_URL_FORMAT\`, in which \`{service}\` and \`{namespace}\` are replaced, with the entry's \`port\`, else
   \`KSERVE_PREDICTOR_PORT\`, else the port of the format.

Below that address the path is \`/v1/models/{model}:predict\`. The format may leave its placeholders out (one gateway
for all models) and may carry a path prefix. No part of a request ever chooses the host. \`GetModel\` shows the address
of a model and which of the rules made it.

A model is ready when its server says so and, where rule 2 knows its InferenceService, that is ready too; while it is
not, its reason is shown.

## The file of models

\`KSERVE_MODELS_FILE\` holds the same entries under \`models:\`, in YAML or JSON, and is read again whenever it changes,
also by an editor that puts another file in its place, or by Kubernetes when a mounted ConfigMap changes.

\`\`\`yaml
models:
  - name: disk-failure-predictor
    service: disk-failure-predictor-predictor
    namespace: storage-monitoring
    type: predictive
    triggers:
      - disk_utilization_high
    inputFeatures:
      - disk_utilization
      - iops
      - disk_age_days
\`\`\`

- An entry with a problem is left out, and the others are served. It is named in the log, in \`ListModels\` with
  \`include_unserved\`, in the error of \`GetModel\`, and counted in \`kserve_registry_entries_refused\`.
- A document that cannot be read (no YAML, empty, above 1 MiB or 10,000 entries, a bomb of aliases) changes nothing:
  what was read last stays in force. The log names line and column; \`kserve_registry_source_up\` is 0 and
  \`kserve_registry_source_snapshot_age_seconds\` grows until it can be read. So it is with a file that was deleted. To
  serve none of its models, write \`models: []\`.
- A file that is missing at the start is no error: the server is ready from its other sources, and without any it is
  not ready until the file is there. \`/readyz\` says why.
- Anchors and \`<<\` work; keys at the top that begin with \`x-\` are a place for them.

## Which source wins

Each source has its whole list. On the same name, in the same namespace and cluster, a trusted entry goes before any other
([KUBERNETES.md](KUBERNETES.md#who-may-register-what)). Among equals the registry takes the first of: custom resource, ConfigMap,
file, \`KSERVE_MODEL_REGISTRY\`, older variables, discovery; of two objects of one source the older one.
\`KSERVE_MODEL_REGISTRY\` and the older variables are never both read. What loses stays visible in \`GetModel\` as
shadowed, and takes over when the other goes. What comes from Kubernetes is described in [KUBERNETES.md](KUBERNETES.md).

Models of further clusters have their own names too, unless another cluster has a model of that name. Then the own
cluster's model keeps it, and every other one is registered as \`cluster/name\`, \`spoke-1/anomaly-detector\`; where the
own cluster has none, nobody gets the bare name. A model of a further cluster can always be asked for as
\`cluster/name\`, also while it has its bare name: callers that do are not affected by what comes and goes elsewhere. In a
path the slash is written \`%2F\`.

The default namespace is \`KSERVE_NAMESPACE\`, else the pod's own where the server runs in a cluster, else
\`self-healing-platform\`.

## What refuses the start

Any problem, with all of them listed at once and exit status 1. A rollout then halts, with the old pods still serving.

- A variable or a field of an entry that does not have its form, an unknown field, a name used twice in one namespace.
- \`TLS_CERT_FILE\` without \`TLS_KEY_FILE\` or the other way round, or files that cannot be used.
- No source of models, while \`ENABLE_KSERVE_INTEGRATION\` is not \`false\`.

\`\`\`text
error: kserve-model-registry cannot start. The configuration has 3 problems:
  - KSERVE_TIMEOUT: expected a duration such as 10s, from 1s to 10m, found "10"
  - KSERVE_MODEL_REGISTRY[0] (anomaly-detector): type: expected anomaly, predictive or classification; found "anomoly"
  - KSERVE_MODEL_REGISTRY[1] (disk-failure-predictor): inputFeature: unknown field; did you mean inputFeatures?
\`\`\`

## What only warns

- A variable that starts with \`KSERVE_\` and is unknown is ignored, and named in the log with the known one that is
  nearest.
- Kubernetes gives every pod variables for the Services of its namespace. Where such a variable has the name of one of
  ours (\`KSERVE_PREDICTOR_PORT=tcp://10.0.0.1:80\` for a Service \`kserve-predictor\`), it is ignored, and the log says so.

## The command line

The commands that ask a running server, such as \`list\` and \`predict\`, read \`KSERVE_MODEL_REGISTRY_ADDRESS\`, its
address, where \`--address\` is not given, and \`KSERVE_MODEL_REGISTRY_TOKEN_FILE\`, the file of the token to send, where
\`--token-file\` is not given. Their \`--help\` says the rest.
`;

writeFileSync(join(import.meta.dirname, "../docs/CONFIGURATION.md"), page);

function variableTable(variables: readonly Variable<unknown>[]): string {
  return table(
    ["Variable", "Form", "Default", "Meaning"],
    variables.map(({ name, form, default: fallback, meaning }) => [
      `\`${name}\``,
      sentence(form),
      !fallback ? "" : `\`${fallback}\``,
      meaning,
    ]),
  );
}

function fieldTable(fields: readonly (readonly [name: string, form: string, meaning: string])[]): string {
  return table(
    ["Field", "Form", "Meaning"],
    fields.map(([name, form, meaning]) => [
      name.includes(" ") ? sentence(name) : `\`${name}\``,
      sentence(form),
      meaning,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function list(of: string): string {
  return `a list of at most ${thousands(listItems)} ${of}`;
}

function words(of: readonly string[]): string {
  return of.map((word) => `\`${word}\``).join(", ");
}

function thousands(value: number): string {
  return value.toLocaleString("en-US");
}
