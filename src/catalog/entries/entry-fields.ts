import { type EntryField, entryLimits } from "./entry-field.ts";

const logoChars = 262_144;
const name = { name: "name", type: "text", required: true } as const satisfies EntryField;
const description = {
  name: "description",
  type: "text",
  maxChars: entryLimits.description,
} as const satisfies EntryField;
const times = [
  { name: "createTimeSinceEpoch", type: "time" },
  { name: "lastUpdateTimeSinceEpoch", type: "time" },
] as const satisfies readonly EntryField[];

/** The fields that every kind of entry has. */
export const base = [
  { name: "externalId", type: "text" },
  description,
  ...times,
  { name: "customProperties", type: "properties" },
] as const satisfies readonly EntryField[];

/** The fields of a model in a data file, besides its artifacts. */
export const modelFields = [
  name,
  ...base,
  { name: "readme", type: "text", maxChars: entryLimits.readme },
  { name: "maturity", type: "text" },
  { name: "language", type: "texts" },
  { name: "tasks", type: "texts" },
  { name: "validatedTasks", type: "texts" },
  { name: "provider", type: "text" },
  { name: "logo", type: "text", maxChars: logoChars },
  { name: "license", type: "text" },
  { name: "licenseLink", aliases: ["license_link"], type: "uri" },
  { name: "libraryName", aliases: ["library_name"], type: "text" },
  {
    name: "servingConfig",
    type: "object",
    fields: [
      {
        name: "toolCalling",
        type: "object",
        fields: [
          { name: "toolCallParser", type: "text" },
          { name: "chatTemplate", type: "text", maxChars: 4096 },
          { name: "enableAutoToolChoice", type: "boolean" },
          { name: "requiredArgs", type: "texts" },
        ],
      },
    ],
  },
] as const satisfies readonly EntryField[];

/** The fields of an artifact of a model. */
export const artifactFields = [
  { name: "artifactType", type: "choice", words: ["model-artifact", "metrics-artifact"] },
  { name: "name", type: "text" },
  ...base,
  { name: "uri", type: "uri" },
  { name: "metricsType", type: "choice", words: ["performance-metrics", "accuracy-metrics", "security-metrics"] },
] as const satisfies readonly EntryField[];

/** The fields of a tool of an MCP server. */
export const toolFields = [
  name,
  ...base,
  { name: "accessType", type: "choice", words: ["read_only", "read_write", "execute"], required: true },
  {
    name: "parameters",
    type: "objects",
    fields: [
      name,
      { name: "type", type: "text", required: true },
      { name: "required", type: "boolean", required: true },
      description,
    ],
  },
] as const satisfies readonly EntryField[];

const variables: EntryField & { readonly type: "objects" } = {
  name: "environmentVariables",
  type: "objects",
  fields: [
    name,
    { ...description, required: true },
    { name: "required", type: "boolean" },
    { name: "defaultValue", type: "text", maxChars: 4096 },
    { name: "type", type: "choice", words: ["string", "int", "boolean", "secret", "config"] },
    { name: "example", type: "text", maxChars: 4096 },
  ],
};

const resources: readonly EntryField[] = [
  { name: "cpu", type: "text" },
  { name: "memory", type: "text" },
];

const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const path = /^\/[a-zA-Z0-9/_.-]*$/;

/** The secrets, or config maps, that a server needs. */
function needs(listName: string, more: readonly EntryField[]): EntryField {
  return {
    name: listName,
    type: "objects",
    fields: [
      { name: "name", type: "text", maxChars: 253, pattern: objectName, required: true },
      { name: "description", type: "text", maxChars: 1000, required: true },
      {
        name: "keys",
        type: "objects",
        fields: [
          { name: "key", type: "text", maxChars: 253, required: true },
          { name: "description", type: "text", maxChars: 500, required: true },
          { name: "envVarName", type: "text", maxChars: 253 },
          { name: "required", type: "boolean" },
          ...more,
        ],
      },
      { name: "mountAsFile", type: "boolean" },
      { name: "mountPath", type: "text", maxChars: 4096, pattern: path },
    ],
  };
}

const runtimeMetadata: readonly EntryField[] = [
  { name: "defaultPort", type: "integer", min: 1, max: 65_535 },
  { name: "defaultArgs", type: "texts" },
  { ...variables, name: "requiredEnvironmentVariables" },
  { ...variables, name: "optionalEnvironmentVariables" },
  {
    name: "recommendedResources",
    type: "object",
    fields: ["minimal", "recommended", "high"].map((level) => ({ name: level, type: "object", fields: resources })),
  },
  {
    name: "healthEndpoints",
    type: "object",
    fields: [
      { name: "liveness", type: "text" },
      { name: "readiness", type: "text" },
    ],
  },
  {
    name: "capabilities",
    type: "object",
    fields: ["requiresNetwork", "requiresFileSystem", "requiresGPU"].map((flag) => ({ name: flag, type: "boolean" })),
  },
  { name: "mcpPath", type: "text", pattern: path },
  {
    name: "prerequisites",
    type: "object",
    fields: [
      {
        name: "serviceAccount",
        type: "object",
        fields: [
          { name: "required", type: "boolean" },
          { name: "hint", type: "text", maxChars: 500 },
          { name: "suggestedName", type: "text", maxChars: 253, pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/ },
        ],
      },
      needs("secrets", []),
      needs("configMaps", [{ name: "defaultContent", type: "text", maxChars: 10_000 }]),
      variables,
      { name: "customResources", type: "texts" },
    ],
  },
];

/** The fields of an MCP server in a data file, besides its tools. */
export const serverFields = [
  { name: "name", type: "text", required: true, pattern: /^[^@]+$/ },
  ...base,
  { name: "displayName", type: "text" },
  { name: "provider", type: "text" },
  { name: "logo", type: "text", maxChars: logoChars },
  { name: "version", type: "text", maxChars: 100 },
  { name: "tags", type: "texts" },
  { name: "license", type: "text" },
  { name: "licenseLink", aliases: ["license_link"], type: "uri" },
  { name: "readme", type: "text", maxChars: entryLimits.readme },
  { name: "documentationUrl", type: "uri" },
  { name: "repositoryUrl", type: "uri" },
  { name: "sourceCode", type: "text", maxChars: 4096 },
  { name: "publishedDate", type: "date" },
  { name: "lastUpdated", type: "date" },
  { name: "deploymentMode", type: "choice", words: ["local", "remote"] },
  { name: "transports", type: "choices", words: ["stdio", "http", "sse"] },
  {
    name: "endpoints",
    type: "object",
    fields: [
      { name: "http", type: "uri" },
      { name: "sse", type: "uri" },
      // Accepted because other programs have it; not shown.
      { name: "websocket", type: "uri" },
    ],
  },
  { name: "artifacts", type: "objects", fields: [{ name: "uri", type: "uri", required: true }, ...times] },
  {
    name: "securityIndicators",
    type: "object",
    fields: [
      { name: "verifiedSource", type: "boolean" },
      { name: "secureEndpoint", type: "boolean" },
      { name: "sast", type: "boolean" },
      { name: "readOnlyTools", type: "boolean" },
    ],
  },
  { name: "runtimeMetadata", type: "object", fields: runtimeMetadata },
  { name: "serverJson", type: "json" },
] as const satisfies readonly EntryField[];
