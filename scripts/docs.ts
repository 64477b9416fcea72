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
const shortText = `a string of at most ${textChars} characters`;
const number = "a number";

/** The fields of an entry: name, format, meaning and default. */
const entryFields = [
  ["name", `${dnsLabel}. Required`, "The model's name for callers. Unique within its `namespace`."],
  [
    "service",
    `${dnsLabel}. Required, unless there is a \`url\``,
    "The Kubernetes Service (or InferenceService) that serves the model.",
  ],
  ["namespace", "a DNS label", "The Kubernetes namespace of `service`. Default: `KSERVE_NAMESPACE`."],
  ["type", `${words(modelTypes)}. Required`, "The kind of model."],
  ["description", `a string of at most ${thousands(descriptionChars)} characters`, "What the model does."],
  [
    "url",
    "a base address, `http` or `https`, at most 2,048 characters, without user, password, `?` or `#`",
    "The model server's address, with its path prefix if it has one. Default: derived from `KSERVE_URL_FORMAT`.",
  ],
  [
    "port",
    "a whole number from 1 to 65535. Not together with `url`",
    "The port of `service`. Default: `KSERVE_PREDICTOR_PORT`.",
  ],
  [
    "model",
    `${shortText} without \`\\\`, \`%\`, \`?\`, \`#\` or control characters`,
    "The model's name in the model server's path, `/v1/models/{model}:predict`, where `/` is sent as `%2F`. Default: `name`.",
  ],
  ["timeout", `a duration from ${timeoutRange}`, "The longest a prediction may take. Default: `KSERVE_TIMEOUT`."],
  [
    "protocol",
    words(modelProtocols),
    "The model server's protocol: KServe v1, or the Open Inference Protocol over REST (`v2`) or gRPC (`grpc-v2`). Default: that of the InferenceService, else `v1`.",
  ],
  [
    "forwardAuthorization",
    "true or false",
    "Whether the caller's `authorization` header is forwarded to the model. Default: false.",
  ],
  [
    "caFile",
    absolutePath,
    "CA certificates for this model, as PEM, in addition to the default ones and those of `KSERVE_CA_FILE`.",
  ],
  [
    "clientCertFile",
    `${absolutePath}. Together with \`clientKeyFile\``,
    "The client certificate for this model server, instead of `KSERVE_CLIENT_CERT_FILE`.",
  ],
  ["clientKeyFile", `${absolutePath}. Together with \`clientCertFile\``, "Its private key."],
  [
    "tokenFile",
    `${absolutePath}. Not together with \`forwardAuthorization\``,
    "A file with a bearer token of this service, sent only to this model.",
  ],
  ["triggers", list("names or objects, below"), "The conditions on which a caller should call this model."],
  [
    "inputFeatures",
    list("names or objects, below, with unique names"),
    "The columns of a row, in the order that the model expects. If set, rows are validated and may be objects by name.",
  ],
  [
    "inputFormat",
    `${words(inputFormats)}. All except \`array\` need \`inputFeatures\``,
    "The row format that the model server expects; callers need not care. Default: `array`.",
  ],
  ["outputFormat", "an object, below", "Where the relevant value is in a prediction, and what it means."],
  [
    "remediationActions",
    list("objects, below"),
    "The owner's advice for predictions that cross the threshold. It is never executed.",
  ],
  [
    "version",
    "`MODEL/VERSION`, `MODEL@ALIAS` or `MODEL`, with `/`, `@` and `%` in names percent-encoded",
    "The registered version that is served; `MODEL` alone is its newest live version. What the entry does not declare is taken from there ([VERSIONS.md](VERSIONS.md#models-that-are-served)).",
  ],
] as const;

const triggerFields = [
  ["type", `${shortText}. Required`, "The kind of rule. A `metric-threshold` needs `metric` and `threshold`."],
  ["metric", shortText, "The metric that the rule evaluates."],
  ["threshold", number, "The value of the metric at which the rule fires."],
  ["comparison", words(comparisons), "How the metric is compared with the threshold. Default: `>=`."],
] as const;

const featureFields = [
  ["name", `${shortText}. Required`, "The feature's name in rows that are objects."],
  ["type", words(featureTypes), "The type of the values. Unset: any JSON value is passed through."],
  ["unit", shortText, "The unit of the values, for humans."],
  ["min", `${number}. Needs the type \`number\` or \`integer\``, "The smallest allowed value."],
  ["max", `${number}. Needs the type \`number\` or \`integer\``, "The largest allowed value."],
  ["nullable", "true or false", "Whether a value may be `null`. Default: false, if a type is declared."],
  ["default", "a value that the feature allows", "Used for object rows that omit the feature."],
  ["values", `${list("values")}, at least one`, "The allowed values."],
  ["description", `a string of at most ${thousands(descriptionChars)} characters`, "What the feature is."],
] as const;

const outputFields = [
  [
    "field",
    shortText,
    "A key, which may contain dots, an index, or a dotted path of them: `failure_probability`, `scores.0`. Default: the prediction itself.",
  ],
  ["threshold", number, "The value from which action is needed."],
  ["comparison", `${words(comparisons)}. Needs \`threshold\``, "How the value is compared. Default: `>=`."],
  [
    "labels",
    'an object that maps values to strings, `{"-1": "anomaly", "1": "normal"}`',
    "What the values mean; `1` matches `1.0` too. Any other value is then an invalid response.",
  ],
  [
    "shape",
    "a list of at most 8 whole numbers",
    "The size of each dimension of one prediction; `[]` is a single value.",
  ],
  [
    "count",
    words(predictionCounts),
    "Lets the model return more or fewer predictions than instances, as detectors and forecasters do. Default: one per instance.",
  ],
] as const;

const actionFields = [
  ["type", `${shortText}. Required`, "The kind of action."],
  ["severity", shortText, "How severe it is."],
  ["target", shortText, "What to act on."],
  ["anything else", "any JSON", "Kept and returned to callers unchanged."],
] as const;

const page = `<!-- Written by scripts/docs.ts from src/config/: change those, then run \`npm run docs\`. -->

# Configuration

The server is configured with environment variables, which are read once, at startup. An empty variable counts as unset,
unless its description says otherwise.

- A **duration** is a number with \`ms\`, \`s\`, \`m\` or \`h\`: \`500ms\`, \`10s\`, \`1.5m\`.
- A **size** is a whole number with \`B\`, \`KiB\`, \`MiB\` or \`GiB\`: \`16MiB\`.

${[...variableGroups, ...commandVariableGroups]
  .map(({ title, variables }) => `## ${title}\n\n${variableTable(Object.values(variables))}`)
  .join("\n\n")}

## The models: \`KSERVE_MODEL_REGISTRY\`

A JSON array of entries. A Helm chart can generate it from its values with \`toJson\`; see
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

A field that is \`null\` or an empty string counts as unset. Unknown fields are rejected, and the error suggests the closest
known name.

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

## Legacy variables

They are read only if \`KSERVE_MODEL_REGISTRY\` is unset, and log a deprecation warning.

${table(
  ["Variable", "Format", "Meaning"],
  legacyVariables.map(({ name, form, meaning }) => [`\`${name}\``, sentence(form), meaning]),
)}

The models are in the default namespace. \`anomaly-detector\` has the type anomaly, \`predictive-analytics\` the type
predictive, and any other model an unknown type, so filters by type exclude it.

## Which address is called

1. The entry's \`url\`.
2. Else, if discovery watches InferenceServices, the \`status.address.url\` of the one that \`service\` names in the entry's
   namespace and cluster, either by its own name or by its predictor's Service, \`NAME-predictor\`.
3. Else \`KSERVE_URL_FORMAT\` with \`{service}\` and \`{namespace}\` replaced, and with the entry's \`port\`, else
   \`KSERVE_PREDICTOR_PORT\`, else the port in the format.

Below that address the path is \`/v1/models/{model}:predict\`. The format may omit its placeholders (one gateway for all
models) and may have a path prefix. No part of a request ever chooses the host. \`GetModel\` shows a model's address and
which of these rules it came from.

A model is ready when its server says so and, if rule 2 knows its InferenceService, that is ready too. While it is not, the
reason is shown.

## The models file

\`KSERVE_MODELS_FILE\` contains the same entries under \`models:\`, in YAML or JSON. It is reloaded whenever it changes,
including when an editor replaces the file or Kubernetes updates a mounted ConfigMap.

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

- An invalid entry is skipped, and the others are served. It is reported in the log, in \`ListModels\` with
  \`include_unserved\` and in the error of \`GetModel\`, and counted in \`kserve_registry_entries_refused\`.
- A document that cannot be read (not YAML, empty, over 1 MiB or 10,000 entries, an alias bomb) changes nothing: the last
  good one stays in use. The log names line and column, \`kserve_registry_source_up\` is 0, and
  \`kserve_registry_source_snapshot_age_seconds\` grows until it can be read. The same applies if the file is deleted. To
  serve none of its models, write \`models: []\`.
- A file that is missing at startup is not an error: the server becomes ready with its other sources. If it has none, it is
  not ready until the file exists. \`/readyz\` says why.
- Anchors and \`<<\` work; top-level keys that begin with \`x-\` may hold them.

## Which source wins

Each source provides a complete list. For the same name in the same namespace and cluster, trusted entries take precedence
([KUBERNETES.md](KUBERNETES.md#who-may-register-what)). Among these, the order is: custom resource, ConfigMap, file,
\`KSERVE_MODEL_REGISTRY\`, legacy variables, discovery; of two objects of one source, the older one wins.
\`KSERVE_MODEL_REGISTRY\` and the legacy variables are never both read. The losing entry stays visible in \`GetModel\` as
shadowed, and takes over when the other one is removed. For the Kubernetes sources, see [KUBERNETES.md](KUBERNETES.md).

A model in another cluster keeps its bare name unless another cluster has a model of that name. Then the local cluster's
model keeps the bare name, and every other one is registered as \`cluster/name\`, for example \`spoke-1/anomaly-detector\`; if
the local cluster has no such model, no model gets the bare name. A model in another cluster can always be requested as
\`cluster/name\`, even while it has its bare name, so callers can avoid depending on other clusters. In a path, write the slash
as \`%2F\`.

The default namespace is \`KSERVE_NAMESPACE\`, else the pod's own if the server runs in a cluster, else
\`self-healing-platform\`.

## What prevents startup

If there is any problem, the server lists all of them at once and exits with status 1. A rollout then halts while the old
pods keep serving.

- A variable or an entry's field with an invalid value, an unknown field, or a name used twice in one namespace.
- An unknown variable whose name starts with \`KSERVE_\`, \`AUTH_\`, \`OIDC_\`, \`TLS_\` or \`CATALOG_\` and is close to a known
  one, since it is probably misspelt.
- \`TLS_CERT_FILE\` without \`TLS_KEY_FILE\` or vice versa, or files that cannot be used.
- No source of models, unless \`ENABLE_KSERVE_INTEGRATION\` is \`false\`.

\`\`\`text
error: kserve-model-registry cannot start. The configuration has 3 problems:
  - KSERVE_TIMEOUT: expected a duration such as 10s, from 1s to 10m, found "10"
  - KSERVE_MODEL_REGISTRY[0] (anomaly-detector): type: expected anomaly, predictive or classification; found "anomoly"
  - KSERVE_MODEL_REGISTRY[1] (disk-failure-predictor): inputFeature: unknown field; did you mean inputFeatures?
\`\`\`

## What only warns

- Any other unknown variable whose name starts with one of these prefixes is ignored, and the log names it.
- Kubernetes sets variables in every pod for the Services of its namespace. If such a variable has the name of one of ours
  (\`KSERVE_PREDICTOR_PORT=tcp://10.0.0.1:80\` for a Service \`kserve-predictor\`), it is ignored, and the log says so.

## The command line

The commands that call a running server, such as \`list\` and \`predict\`, use \`KSERVE_MODEL_REGISTRY_ADDRESS\` as its
address if \`--address\` is not given, and \`KSERVE_MODEL_REGISTRY_TOKEN_FILE\` as the file with the token if \`--token-file\` is
not given. See their \`--help\` for the rest.
`;

writeFileSync(join(import.meta.dirname, "../docs/CONFIGURATION.md"), page);

function variableTable(variables: readonly Variable<unknown>[]): string {
  return table(
    ["Variable", "Format", "Default", "Meaning"],
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
    ["Field", "Format", "Meaning"],
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
