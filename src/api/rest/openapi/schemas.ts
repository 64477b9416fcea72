import {
  comparisons,
  featureTypes,
  inputFormats,
  modelProtocols,
  modelTypes,
  predictionCounts,
  sourceKinds,
} from "../../../registry/model.ts";
import { errorReasons } from "../../../registry/registry-error.ts";
import type { Schema } from "./document.ts";
import { refTo, text } from "./parameter.ts";

/** A DNS label (RFC 1123), the form of model, service and namespace names. */
export const dnsLabel: Schema = {
  type: "string",
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
  minLength: 1,
  maxLength: 63,
};

/** A registered name: with its cluster before it where a model of another cluster has the same name. */
const registeredName: Schema = {
  type: "string",
  pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
  minLength: 1,
  maxLength: 127,
};

const time: Schema = { type: "string", format: "date-time" };
const number: Schema = { type: "number" };
const comparison: Schema = {
  type: "string",
  enum: comparisons,
  description: "How the value is compared: value, comparison, threshold.",
};
const size: Schema = { type: "integer", minimum: 0 };

/** A list, with what is said of it. */
function listOf(items: Schema, description: string, limits: Schema = {}): Schema {
  return { type: "array", ...limits, description, items };
}

/** What a probe is answered. */
function status(word: string) {
  return { type: "object", required: ["status"], properties: { status: { type: "string", const: word } } };
}

/** A value of a feature, or a metric sample. */
const scalar: Schema = { type: ["number", "string", "boolean", "null"] };

/** A model as lists show it. */
const model = {
  type: "object",
  description: "A registered model.",
  required: [
    "name",
    "service",
    "namespace",
    "description",
    "url",
    "triggers",
    "inputFeatures",
    "remediationActions",
    "state",
    "source",
    "updateTime",
  ],
  properties: {
    name: { ...registeredName, description: "The name. Together with `namespace` it is unique." },
    service: { ...text, description: "The Kubernetes Service. Empty when the entry gives a `url` alone." },
    namespace: { ...dnsLabel, description: "The Kubernetes namespace of `service`." },
    cluster: { ...dnsLabel, description: "The further cluster that the model is in. Left out for the own one." },
    holdsName: {
      type: "boolean",
      const: false,
      description:
        "Present if the bare name refers to another model: request this one below `/api/v1/namespaces/{namespace}`.",
    },
    type: { type: "string", enum: modelTypes, description: "Left out for legacy entries, whose type is unknown." },
    description: { type: "string", maxLength: 4096, description: "What the model does, in its owner's words." },
    url: {
      type: "string",
      format: "uri",
      description: "The base address that predictions are sent to, without the path of the model.",
    },
    protocol: {
      type: "string",
      enum: modelProtocols,
      description:
        "What is spoken with the model server: KServe v1, or the Open Inference Protocol over REST or gRPC. Left out for `v1`.",
    },
    triggers: listOf(refTo("Trigger"), "What should make a caller ask this model, in the order of the entry."),
    inputFeatures: listOf(
      refTo("InputFeature"),
      "The columns of a row, in order. Empty: none are declared, and rows are passed through unchanged.",
    ),
    inputFormat: {
      type: "string",
      enum: inputFormats,
      description: "How the model server wants its rows, which are brought to this form. Left out for `array`.",
    },
    outputFormat: {
      type: "object",
      description: "Where the value that matters stands in a prediction, and from where on it calls for action.",
      properties: {
        field: { ...text, description: "A key, an index, or a path of them with dots. Left out: the prediction." },
        threshold: number,
        comparison,
        labels: { type: "object", description: "What the values mean.", additionalProperties: text },
        shape: listOf(size, "The size of each dimension of one prediction."),
        count: {
          type: "string",
          enum: predictionCounts,
          description: "`any` where there may be more or fewer predictions than instances. Left out: one for each.",
        },
      },
    },
    remediationActions: listOf(
      refTo("RemediationAction"),
      "The owner's advice when that threshold is crossed. Nothing here carries it out.",
    ),
    versionLink: {
      type: "object",
      description:
        "The version of the registry of versions that the model is. Left out where neither its entry nor its InferenceService says one.",
      required: ["reference", "state"],
      properties: {
        reference: {
          ...text,
          description: "The link as it was made: `MODEL/VERSION`, `MODEL@ALIAS`, `MODEL`, or ids.",
        },
        state: {
          type: "string",
          enum: ["linked", "archived", "not-found", "not-trusted", "unknown"],
          description: "How the link stands. It counts where it is `linked` or `archived`.",
        },
        problem: { ...text, description: "What is wrong with the link. Left out where nothing is." },
        registeredModel: { ...text, description: "The name of the registered model, of a link that counts." },
        registeredModelId: { ...text, description: "Its id." },
        version: { ...text, description: "The name of the version." },
        modelVersionId: { ...text, description: "Its id." },
        aliases: listOf(text, "The aliases that point to the version."),
        declaredFields: listOf(
          { type: "string", enum: ["inputFeatures", "outputFormat"] },
          "What the model has from its version, for its entry declares nothing of the kind.",
        ),
        differences: listOf(text, "Where the entry, which takes precedence, contradicts its version."),
      },
    },
    state: {
      type: "string",
      enum: ["unknown", "ready", "not-ready", "unreachable"],
      description: "Whether the model answers, as of the last readiness check.",
    },
    stateReason: { ...text, description: "Why `state` is what it is. Left out while the model is ready." },
    source: { type: "string", enum: sourceKinds, description: "The source of the entry that is served." },
    updateTime: { ...time, description: "When the entry was last read with a change." },
  },
} satisfies Schema;

/** An entry of a source for a model. */
const entry = {
  type: "object",
  required: ["source", "location", "standing"],
  properties: {
    source: { type: "string", enum: sourceKinds, description: "The source." },
    location: { ...text, description: "Where in the source." },
    cluster: { ...dnsLabel, description: "The further cluster that it is of. Left out for the own one." },
    standing: {
      type: "string",
      enum: ["in-force", "shadowed", "refused"],
      description: "`shadowed`: another entry of the name is served. `refused`: it has `problems`.",
    },
    updateTime: {
      ...time,
      description: "When the entry was last read with a change. Left out for one that is refused.",
    },
    problems: {
      type: "array",
      description: "What is wrong with it. Left out for one that is not refused.",
      items: {
        type: "object",
        required: ["field", "message"],
        properties: {
          field: { ...text, description: "Empty when it is the entry as a whole." },
          message: { ...text, description: "What is wrong, and what is expected." },
        },
      },
    },
  },
} satisfies Schema;

/** Points to one of the schemas below. */
export function schemaRef(name: keyof typeof schemas): Schema {
  return refTo(name);
}

/**
 * Every schema that has a name. Objects of ours are open in answers, so that a field can be added without breaking a
 * caller that validates; a test keeps these lists of fields complete.
 */
export const schemas = {
  Error: {
    type: "object",
    description: "What went wrong. The header `x-error-reason` says it in one word.",
    required: ["error"],
    properties: { error: { type: "string", minLength: 1, description: "In words, for a person." } },
  },

  Model: model,

  ModelDetail: {
    description: "A registered model, with what it has to do in this process.",
    type: "object",
    required: [...model.required, "entries", "inFlight", "queued", "breaker"],
    properties: {
      ...model.properties,
      entries: listOf(
        refTo("Entry"),
        "Every entry of that name: the one that is served, those it shadows, those that were rejected.",
      ),
      inFlight: { ...size, description: "How many predictions are in flight; at most `KSERVE_MAX_IN_FLIGHT`." },
      queued: { ...size, description: "How many predictions wait for one of those to end." },
      breaker: {
        type: "object",
        description: "Whether calls go to the model server. It opens when calls in a row cannot connect or break.",
        required: ["state", "consecutiveFailures"],
        properties: {
          state: {
            type: "string",
            enum: ["closed", "open", "half-open"],
            description: "`closed`: calls go there. `half-open`: it is being asked whether it is back.",
          },
          consecutiveFailures: {
            ...size,
            description: "How many consecutive calls could not connect or were cut off.",
          },
          openTime: { ...time, description: "Since when no calls go there." },
          nextProbeTime: { ...time, description: "When it is asked whether it is back." },
        },
      },
    },
  },

  Entry: { ...entry, description: "An entry of a source for a model." },

  UnservedEntry: {
    ...entry,
    description: "An entry that is not served.",
    properties: {
      name: { ...registeredName, description: "The name of the model. Left out when it cannot be read." },
      namespace: { ...dnsLabel, description: "The Kubernetes namespace of the model. Left out where it is not known." },
      ...entry.properties,
    },
  },

  Trigger: {
    description: "A bare name, or a rule on a metric.",
    oneOf: [
      { type: "string", minLength: 1 },
      {
        type: "object",
        required: ["type"],
        properties: { type: text, metric: text, threshold: number, comparison },
      },
    ],
  },

  InputFeature: {
    description: "One column of a row: a bare name, or what a value must be.",
    oneOf: [
      { type: "string", minLength: 1 },
      {
        type: "object",
        required: ["name"],
        properties: {
          name: text,
          type: { type: "string", enum: featureTypes },
          unit: text,
          min: number,
          max: number,
          nullable: { type: "boolean" },
          default: scalar,
          values: { type: "array", minItems: 1, items: scalar },
          description: text,
        },
      },
    ],
  },

  RemediationAction: {
    type: "object",
    description: "What the owner advises. Further keys are shown as the owner wrote them.",
    required: ["type"],
    properties: { type: text, severity: text, target: text },
    additionalProperties: true,
  },

  ModelList: {
    type: "object",
    required: ["models"],
    properties: {
      models: listOf(refTo("Model"), "Ordered by name."),
      unserved: listOf(
        refTo("UnservedEntry"),
        "For `includeUnserved`: the entries that are not served. Omitted otherwise.",
      ),
      nextPageToken: {
        type: "string",
        minLength: 1,
        description: "The `pageToken` of the next page. Omitted on the last page, and if no page was requested.",
      },
      totalSize: {
        type: "integer",
        minimum: 0,
        description: "How many models match, over all pages. Omitted if no page was requested.",
      },
    },
  },

  PredictRequest: {
    type: "object",
    description: "A KServe v1 request.",
    required: ["instances"],
    properties: {
      instances: listOf(
        {},
        "One item per row, any JSON. For a model that declares its features, a row is a list of as many values, " +
          "or an object by feature name.",
        { minItems: 1 },
      ),
    },
    // Other keys, such as `signature_name`, are the model's business and go to it as they are.
    additionalProperties: true,
  },

  PredictResponse: {
    type: "object",
    description: "A KServe v1 answer, as the model server gave it.",
    required: ["predictions"],
    properties: {
      predictions: {
        type: ["array", "object", "string", "number", "boolean"],
        description: "Where it is a list: one item per instance, in their order.",
      },
      model_name: { description: "Given by some servers: what the server calls the model." },
      model_version: { description: "Given by some servers." },
    },
    // Whatever else the model says.
    additionalProperties: true,
  },

  Evaluation: {
    type: "object",
    required: ["modelName", "verdicts"],
    properties: {
      modelName: registeredName,
      modelVersion: {
        ...text,
        description:
          "As the server gives it, else the registered version that the model is linked to. Left out where there is neither.",
      },
      verdicts: listOf(refTo("Verdict"), "One per instance, in their order.", { minItems: 1 }),
    },
  },

  Verdict: {
    type: "object",
    description: "What one prediction means, by the `outputFormat` of its model.",
    required: ["prediction", "value", "remediationActions"],
    properties: {
      prediction: { description: "As the model gave it; NaN and infinities are strings here." },
      value: { description: "The value that matters: the one at `outputFormat.field`." },
      label: { ...text, description: "What the value means. Left out where no labels are declared." },
      threshold: number,
      comparison,
      thresholdCrossed: { type: "boolean", description: "Left out where no threshold is declared." },
      remediationActions: listOf(
        refTo("RemediationAction"),
        "The owner's advice. Empty unless the threshold is crossed.",
      ),
    },
  },

  Samples: {
    type: "object",
    description:
      "Metric samples by name. A trigger with a metric looks at the sample of that name; a bare trigger fires on a " +
      "sample of its name that is `true`. They are also the features of the models that are evaluated.",
    minProperties: 1,
    maxProperties: 4096,
    additionalProperties: scalar,
  },

  TriggeredModels: {
    type: "object",
    required: ["models"],
    properties: {
      models: listOf(refTo("TriggeredModel"), "The models whose triggers fire, by name. Empty when nothing fires."),
    },
  },

  TriggeredModel: {
    type: "object",
    description: "A model whose triggers fire, and one of `verdict`, `missingFeatures` and `failure`.",
    required: ["modelName", "namespace", "triggers"],
    properties: {
      modelName: registeredName,
      namespace: dnsLabel,
      triggers: {
        type: "array",
        minItems: 1,
        description: "The triggers that fire.",
        items: {
          type: "object",
          required: ["trigger", "sample"],
          properties: { trigger: refTo("Trigger"), sample: scalar },
        },
      },
      verdict: refTo("Verdict"),
      missingFeatures: listOf(
        text,
        "The features that no sample was given for. Empty when the model declares none at all.",
      ),
      failure: {
        type: "object",
        description: "Why this model gave no verdict. The others are not affected.",
        required: ["reason", "message"],
        properties: { reason: { type: "string", enum: errorReasons }, message: text },
      },
    },
  },

  ModelNames: {
    type: "object",
    required: ["models"],
    properties: { models: listOf(registeredName, "Ordered by name.") },
  },

  ModelReadiness: {
    type: "object",
    required: ["name", "ready"],
    properties: { name: registeredName, ready: { type: "boolean", const: true } },
  },

  Alive: status("alive"),
  Clean: status("clean"),
  Ready: status("ready"),

  NotReady: {
    type: "object",
    required: ["status", "reason"],
    properties: { status: { type: "string", const: "not ready" }, reason: { ...text, minLength: 1 } },
  },

  Openapi: {
    type: "object",
    description: "This document.",
    required: ["openapi", "info", "paths"],
    properties: { openapi: text, info: { type: "object" }, paths: { type: "object" } },
    additionalProperties: true,
  },
} as const satisfies Readonly<Record<string, Schema>>;
