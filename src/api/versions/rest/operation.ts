import { kinds } from "../../../versions/kinds/kinds.ts";
import type { Operation, Parameter, Schema } from "../../rest/openapi/document.ts";
import type { RouteMethod, RouteOperation } from "../../rest/route.ts";
import type { Flavour } from "./flavour.ts";

/** What the document says of one operation, in short. */
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
  /** Whether a list can be narrowed by a sort of artifact; by name or external id. */
  readonly byType?: boolean;
  readonly isSubList?: boolean;
}

const text: Schema = { type: "string" };

function query(name: string, description: string, schema: Schema = text): Parameter {
  return { name, in: "query", required: false, description, schema };
}

const orders = ["CREATE_TIME", "LAST_UPDATE_TIME", "ID", ""];

const pageParameters = ({ isAlpha }: Flavour): readonly Parameter[] => [
  query("filterQuery", 'Which ones: `name LIKE "disk%" AND accuracy > 0.9`. At most 64 KiB. Empty: all.'),
  query("pageSize", "How many to return at most. Left out, or 0: all.", {
    type: "string",
    pattern: "^(-?[0-9]{1,9})?$",
  }),
  isAlpha
    ? query("orderBy", "`CREATE_TIME` or `LAST_UPDATE_TIME`; all else is `ID`.")
    : query("orderBy", "Default: ID.", { ...text, enum: orders }),
  query("sortOrder", "`DESC`: the greatest first; all else is `ASC`, the default."),
  query("nextPageToken", "The `nextPageToken` of the page before. Empty: the first page."),
  query("includeTotal", "`true`: also count all that match, as `totalSize`."),
];

const nameParameters: readonly Parameter[] = [
  query("name", "Only the one of this name; equal to the letter."),
  query("externalId", "Only the one with this external id. Passed over where a name is given."),
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
    summary: `${summaryVerbs[method]} ${path}`,
    parameters: parametersOf(path, words, flavour),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: {
      [status]: ok,
      ...(alsoStatus === undefined ? {} : { [alsoStatus]: ok }),
      ...errorsOf(method, status),
    },
  };
}

const summaryVerbs: Readonly<Record<RouteMethod, string>> = {
  GET: "Read",
  POST: "Create in",
  PUT: "Set",
  PATCH: "Change",
  DELETE: "Delete",
};

function parametersOf(path: string, words: OperationWords, flavour: Flavour): readonly Parameter[] {
  const id: Schema = { type: "string", pattern: "^[1-9][0-9]{0,17}$" };
  const alias: Schema = { type: "string", pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" };
  return [
    ...(path.includes("{id}")
      ? [{ name: "id", in: "path", required: true, description: "The id of the record.", schema: id } as const]
      : []),
    ...(path.includes("{serveId}")
      ? [
          {
            name: "serveId",
            in: "path",
            required: true,
            description: "The id of the serve model.",
            schema: id,
          } as const,
        ]
      : []),
    ...(path.includes("{alias}")
      ? [{ name: "alias", in: "path", required: true, description: "The alias, a DNS label.", schema: alias } as const]
      : []),
    ...(words.list === undefined ? [] : pageParameters(flavour)),
    ...(words.isSubList || words.search ? nameParameters : []),
    ...(words.search && words.hasParent
      ? [
          query("parentResourceId", "The id of its parent. Needed with `name`.", {
            ...id,
            pattern: "^([1-9][0-9]{0,17})?$",
          }),
        ]
      : []),
    ...(words.byType
      ? [query("artifactType", "Only this sort.", { type: "string", enum: [...artifactTypes, ""] })]
      : []),
    ...(words.ifMatch
      ? [
          {
            name: "if-match",
            in: "header",
            required: false,
            description: "The `etag` of the record, or `*`: refused with 412 where somebody has changed it since.",
            schema: { type: "string", pattern: '^(\\*|(W/)?"[!#-~]*")$' },
          } as const,
        ]
      : []),
  ];
}

function bodyOf(schema: string): Operation["requestBody"] & object {
  return {
    required: true,
    description:
      "JSON, whatever the content type says. At most `MAX_REQUEST_SIZE` (16 MiB). Not from pages of other sites.",
    content: { "application/json": { schema: ref(schema) } },
  };
}

function answerOf({ answer, list }: OperationWords, status: number): RouteOperation["responses"][string] {
  const headers = { "x-request-id": { $ref: "#/components/headers/x-request-id" } };
  const schema = list === undefined ? answer : `${list}List`;
  if (schema === undefined)
    return {
      description: status === 204 ? "It is gone." : "Not kept here.",
      headers,
      content: status === 204 ? {} : { "application/json": { schema: ref("RegistryError") } },
    };
  return {
    description: list === undefined ? "The record." : "One page.",
    headers,
    content: { "application/json": { schema: ref(schema) } },
  };
}

function errorsOf(method: RouteMethod, status: number): RouteOperation["responses"] {
  if (status === 501) return errorRefs("400");
  const isWrite = method !== "GET";
  return errorRefs(
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

function errorRefs(...statuses: string[]): RouteOperation["responses"] {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Versions${status}` }]));
}

/** Points to a schema of this family. */
export function ref(schema: string): Schema {
  return { $ref: `#/components/schemas/${schema}` };
}
