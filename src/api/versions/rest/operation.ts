import { kinds } from "../../../versions/kinds/kinds.ts";
import { sharedHeader } from "../../rest/openapi/answers.ts";
import type { Operation, Parameter, Schema } from "../../rest/openapi/document.ts";
import { inHeader, inQuery, pathParameters, refTo, text } from "../../rest/openapi/parameter.ts";
import type { RouteMethod, RouteOperation } from "../../rest/route.ts";
import { errorRefs } from "./error-responses.ts";
import type { Flavour } from "./flavour.ts";

/** What the document says about one operation. */
export interface OperationWords {
  /** The schema of the answer. */
  readonly answer?: string;
  /** The schema of the items, of a list. */
  readonly list?: string;
  /** The schema of the body. */
  readonly body?: string;
  /** The status of the answer. Default: 200. */
  readonly status?: number;
  readonly alsoStatus?: number;
  /** Whether it takes `If-Match`. */
  readonly ifMatch?: boolean;
  /** Whether it searches for one record, and within a parent. */
  readonly search?: boolean;
  readonly hasParent?: boolean;
  /** Whether a list can be filtered by the type of artifact; by name or external ID. */
  readonly byType?: boolean;
  readonly isSubList?: boolean;
}

const orders = ["CREATE_TIME", "LAST_UPDATE_TIME", "ID", ""];

const pageParameters = ({ isAlpha }: Flavour): readonly Parameter[] => [
  inQuery("filterQuery", 'A filter: `name LIKE "disk%" AND accuracy > 0.9`. At most 64 KiB. Empty: all records.'),
  inQuery("pageSize", "The maximum number of records per page. Omitted or 0: all.", {
    type: "string",
    pattern: "^(-?[0-9]{1,9})?$",
  }),
  isAlpha
    ? inQuery("orderBy", "`CREATE_TIME` or `LAST_UPDATE_TIME`; anything else means `ID`.")
    : inQuery("orderBy", "Default: ID.", { ...text, enum: orders }),
  inQuery("sortOrder", "`DESC` for descending order; anything else means `ASC`, the default."),
  inQuery("nextPageToken", "The `nextPageToken` of the previous page. Empty: the first page."),
  inQuery("includeTotal", "`true` also returns how many records match, as `totalSize`."),
];

const nameParameters: readonly Parameter[] = [
  inQuery("name", "Only the record with exactly this name."),
  inQuery("externalId", "Only the record with this external ID. Ignored if a name is given."),
];

const artifactTypes = Object.values(kinds).flatMap(({ artifactType }) => artifactType ?? []);

/** An operation of the document. Every error is `Error` with its status; 503 is plain text. */
export function operationOf(
  method: RouteMethod,
  path: string,
  words: OperationWords,
  flavour: Flavour,
): Omit<RouteOperation, "operationId"> {
  const { status = 200, alsoStatus, body } = words;
  const ok = answerOf(words, status);
  return {
    summary: `${verbOf(method, words)} ${path}`,
    parameters: parametersOf(path, words, flavour),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: {
      [status]: ok,
      ...(alsoStatus === undefined ? {} : { [alsoStatus]: ok }),
      ...errorsOf(method, status),
    },
  };
}

const verbs: Readonly<Record<RouteMethod, string>> = {
  GET: "Get",
  POST: "Create in",
  PUT: "Set",
  PATCH: "Update",
  DELETE: "Delete",
};

function verbOf(method: RouteMethod, { list, search }: OperationWords): string {
  if (search) return "Find a record by";
  return list !== undefined && method === "GET" ? "List" : verbs[method];
}

const id: Schema = { ...text, pattern: "^[1-9][0-9]{0,17}$" };

const inPaths: Readonly<Record<string, readonly [string, Schema]>> = {
  id: ["The ID of the record.", id],
  serveId: ["The ID of the serve model.", id],
  alias: ["The alias, a DNS label.", { ...text, pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" }],
};

const parentParameter = inQuery("parentResourceId", "The ID of its parent. Required with `name`.", {
  ...text,
  pattern: "^([1-9][0-9]{0,17})?$",
});

const typeParameter = inQuery("artifactType", "Only artifacts of this type.", {
  ...text,
  enum: [...artifactTypes, ""],
});

const ifMatchParameter = inHeader(
  "if-match",
  "The `etag` of the record, or `*`: rejected with 412 if it has changed since.",
  { ...text, pattern: '^(\\*|(W/)?"[!#-~]*")$' },
);

function parametersOf(path: string, words: OperationWords, flavour: Flavour): readonly Parameter[] {
  return [
    ...pathParameters(path, inPaths),
    ...(words.list === undefined ? [] : pageParameters(flavour)),
    ...(words.isSubList || words.search ? nameParameters : []),
    ...(words.search && words.hasParent ? [parentParameter] : []),
    ...(words.byType ? [typeParameter] : []),
    ...(words.ifMatch ? [ifMatchParameter] : []),
  ];
}

function bodyOf(schema: string): Operation["requestBody"] & object {
  return {
    required: true,
    description:
      "JSON, whatever the content type. At most `MAX_RECORD_SIZE` (1 MiB). Rejected from pages of other origins.",
    content: { "application/json": { schema: refTo(schema) } },
  };
}

function answerOf({ answer, list }: OperationWords, status: number): RouteOperation["responses"][string] {
  const headers = sharedHeader("x-request-id");
  const schema = list === undefined ? answer : `${list}List`;
  if (schema === undefined)
    return {
      description: status === 204 ? "Deleted." : "Not supported.",
      headers,
      content: status === 204 ? {} : { "application/json": { schema: refTo("RegistryError") } },
    };
  return {
    description: list === undefined ? "The record." : "A page of records.",
    headers,
    content: { "application/json": { schema: refTo(schema) } },
  };
}

function errorsOf(method: RouteMethod, status: number): RouteOperation["responses"] {
  if (status === 501) return errorRefs("Versions", "400");
  const isWrite = method !== "GET";
  return errorRefs(
    "Versions",
    "400",
    "403",
    "404",
    ...(isWrite ? ["409", "413", "415", "408"] : []),
    ...(method === "PATCH" || method === "DELETE" ? ["412"] : []),
    ...(method === "POST" || method === "PUT" || method === "PATCH" ? ["422"] : []),
    "503",
    "504",
    "507",
  );
}
