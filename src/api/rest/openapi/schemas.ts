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
    name: { ...registeredName, description: "The name, unique within `namespace`." },
    service: { ...text, description: "The Kubernetes Service. Empty if the entry has only a `url`." },
    namespace: { ...dnsLabel, description: "The Kubernetes namespace of `service`." },
    cluster: { ...dnsLabel, description: "The model's cluster. Omitted for the server's own." },
    holdsName: {
      type: "boolean",
      const: false,
      description:
        "Only present if the bare name refers to another model: request this one below `/api/v1/namespaces/{namespace}`.",
    },
    type: { type: "string", enum: modelTypes, description: "Omitted for legacy entries, whose type is unknown." },
    description: { type: "string", maxLength: 4096, description: "What the model does, according to its owner." },
    url: {
      type: "string",
      format: "uri",
      description: "The base address of the model server, without the model's path.",
    },
    protocol: {
      type: "string",
      enum: modelProtocols,
      description: "The model server's protocol: the Open Inference Protocol over REST or gRPC. Omitted for KServe v1.",
    },
    triggers: listOf(
      refTo("Trigger"),
      "The conditions on which a caller should call this model, in the order of the entry.",
    ),
    inputFeatures: listOf(
      refTo("InputFeature"),
      "The columns of a row, in order. Empty: none are declared, so rows are passed through unchanged.",
    ),
    inputFormat: {
      type: "string",
      enum: inputFormats,
      description: "The row format that the model server expects; rows are converted to it. Omitted for `array`.",
    },
    outputFormat: {
      type: "object",
      description: "Where the relevant value is in a prediction, and what it means.",
      properties: {
        field: { ...text, description: "A key, an index, or several joined by dots. Omitted: the prediction itself." },
        threshold: number,
        comparison,
        labels: { type: "object", description: "What the values mean.", additionalProperties: text },
        shape: listOf(size, "The size of each dimension of one prediction."),
        count: {
          type: "string",
          enum: predictionCounts,
          description: "`any`: there may be more or fewer predictions than instances. Omitted: one per instance.",
        },
      },
    },
    remediationActions: listOf(
      refTo("RemediationAction"),
      "The owner's advice for predictions that cross the threshold. It is never executed.",
    ),
    versionLink: {
      type: "object",
      description:
        "The registered version that is served. Omitted if neither the entry nor the InferenceService names one.",
      required: ["reference", "state"],
      properties: {
        reference: {
          ...text,
          description: "The link as written: `MODEL/VERSION`, `MODEL@ALIAS`, `MODEL`, or IDs.",
        },
        state: {
          type: "string",
          enum: ["linked", "archived", "not-found", "not-trusted", "unknown"],
          description: "The state of the link. It is effective if `linked` or `archived`.",
        },
        problem: { ...text, description: "What is wrong with the link. Omitted if nothing is." },
        registeredModel: { ...text, description: "The name of the registered model, if the link is effective." },
        registeredModelId: { ...text, description: "Its id." },
        version: { ...text, description: "The name of the version." },
        modelVersionId: { ...text, description: "Its id." },
        aliases: listOf(text, "The aliases that point to the version."),
        declaredFields: listOf(
          { type: "string", enum: ["inputFeatures", "outputFormat"] },
          "What the model takes from its version because its entry does not declare it.",
        ),
        differences: listOf(text, "Where the entry contradicts its version. The entry takes precedence."),
      },
    },
    state: {
      type: "string",
      enum: ["unknown", "ready", "not-ready", "unreachable"],
      description: "The model's state as of the last readiness check.",
    },
    stateReason: { ...text, description: "Why the model is not ready. Omitted while it is." },
    source: { type: "string", enum: sourceKinds, description: "The source of the entry that is served." },
    updateTime: { ...time, description: "When the entry last changed." },
  },
} satisfies Schema;

/** An entry of a source for a model. */
const entry = {
  type: "object",
  required: ["source", "location", "standing"],
  properties: {
    source: { type: "string", enum: sourceKinds, description: "The source." },
    location: { ...text, description: "Its location in the source." },
    cluster: { ...dnsLabel, description: "The entry's cluster. Omitted for the server's own." },
    standing: {
      type: "string",
      enum: ["in-force", "shadowed", "refused"],
      description:
        "`shadowed`: another entry of the same name is served. `refused`: it was rejected for its `problems`.",
    },
    updateTime: {
      ...time,
      description: "When the entry last changed. Omitted for rejected entries.",
    },
    problems: {
      type: "array",
      description: "What is wrong with the entry. Omitted unless it was rejected.",
      items: {
        type: "object",
        required: ["field", "message"],
        properties: {
          field: { ...text, description: "The field. Empty for the entry as a whole." },
          message: { ...text, description: "What is wrong and what is expected." },
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
    description: "An error. The header `x-error-reason` has its reason.",
    required: ["error"],
    properties: { error: { type: "string", minLength: 1, description: "What went wrong." } },
  },

  Model: model,

  ModelDetail: {
    description: "A registered model, with its entries and its load in this process.",
    type: "object",
    required: [...model.required, "entries", "inFlight", "queued", "breaker"],
    properties: {
      ...model.properties,
      entries: listOf(
        refTo("Entry"),
        "Every entry of this name: the one that is served, those that it shadows, and those that were rejected.",
      ),
      inFlight: { ...size, description: "How many predictions are in flight, at most `KSERVE_MAX_IN_FLIGHT`." },
      queued: { ...size, description: "How many predictions are queued for a slot." },
      breaker: {
        type: "object",
        description:
          "The circuit breaker. It opens after several consecutive calls that could not connect or were cut off.",
        required: ["state", "consecutiveFailures"],
        properties: {
          state: {
            type: "string",
            enum: ["closed", "open", "half-open"],
            description:
              "`closed`: the model is called. `open`: calls are rejected. `half-open`: the model's readiness is being checked.",
          },
          consecutiveFailures: {
            ...size,
            description: "How many consecutive calls could not connect or were cut off.",
          },
          openTime: { ...time, description: "When it opened." },
          nextProbeTime: { ...time, description: "When the model's readiness is checked next." },
        },
      },
    },
  },

  Entry: { ...entry, description: "An entry of a source for a model." },

  UnservedEntry: {
    ...entry,
    description: "An entry that is not served.",
    properties: {
      name: { ...registeredName, description: "The name of the model. Omitted if it could not be read." },
      namespace: { ...dnsLabel, description: "The Kubernetes namespace of the model. Omitted if unknown." },
      ...entry.properties,
    },
  },

  Trigger: {
    description: "A bare name, or a rule for a metric.",
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
    description: "One column of a row: a bare name, or a name with constraints on its values.",
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
    description: "The owner's advice. Other keys are returned unchanged.",
    required: ["type"],
    properties: { type: text, severity: text, target: text },
    additionalProperties: true,
  },

  ModelList: {
    type: "object",
    required: ["models"],
    properties: {
      models: listOf(refTo("Model"), "Ordered by name."),
      unserved: listOf(refTo("UnservedEntry"), "The entries that are not served. Omitted without `includeUnserved`."),
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
        "One item per row, any JSON. If the model declares its features, a row is a list with one value per feature, or " +
          "an object with feature names as keys.",
        { minItems: 1 },
      ),
    },
    // Other keys, such as `signature_name`, are passed to the model unchanged.
    additionalProperties: true,
  },

  PredictResponse: {
    type: "object",
    description: "A KServe v1 response, as the model server returned it.",
    required: ["predictions"],
    properties: {
      predictions: {
        type: ["array", "object", "string", "number", "boolean"],
        description: "If it is a list: one item per instance, in the same order.",
      },
      model_name: { description: "The model server's own name for the model, if it returns one." },
      model_version: { description: "The version, if the model server returns one." },
    },
    // Models may return more.
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
          "The version that the model server returned, else the registered version that the model is linked to, if any.",
      },
      verdicts: listOf(refTo("Verdict"), "One per instance, in the same order.", { minItems: 1 }),
    },
  },

  Verdict: {
    type: "object",
    description: "What a prediction means, according to the model's `outputFormat`.",
    required: ["prediction", "value", "remediationActions"],
    properties: {
      prediction: { description: "As the model returned it, except that NaN and infinities are strings." },
      value: { description: "The relevant value: the one at `outputFormat.field`." },
      label: { ...text, description: "What the value means. Omitted if no labels are declared." },
      threshold: number,
      comparison,
      thresholdCrossed: { type: "boolean", description: "Omitted if no threshold is declared." },
      remediationActions: listOf(
        refTo("RemediationAction"),
        "The owner's advice. Empty unless the threshold is crossed.",
      ),
    },
  },

  Samples: {
    type: "object",
    description:
      "Metric samples by name. A trigger with a metric is compared with the sample of that name; a bare trigger fires if " +
      "the sample of its name is `true`. The samples are also the features of the models that are evaluated.",
    minProperties: 1,
    maxProperties: 4096,
    additionalProperties: scalar,
  },

  TriggeredModels: {
    type: "object",
    required: ["models"],
    properties: {
      models: listOf(refTo("TriggeredModel"), "The models whose triggers fire, by name. Empty if none fires."),
    },
  },

  TriggeredModel: {
    type: "object",
    description: "A model whose triggers fire, with one of `verdict`, `missingFeatures` and `failure`.",
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
      missingFeatures: listOf(text, "The features without a sample. Empty if the model declares no features at all."),
      failure: {
        type: "object",
        description: "Why this model has no verdict. The others are not affected.",
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
