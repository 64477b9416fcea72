import { STATUS_CODES } from "node:http";
import { sharedHeader } from "../../rest/openapi/answers.ts";
import type { Content, Ref, Response, Schema } from "../../rest/openapi/document.ts";
import { text } from "../../rest/openapi/parameter.ts";

/** An error of such an API. */
export const errorSchema: Schema = {
  type: "object",
  required: ["code", "message"],
  properties: { code: { ...text, description: "The name of the HTTP status." }, message: text },
};

/**
 * The error answers of an API that Kubeflow's clients speak, as the document has them.
 *
 * @param family what their names begin with, before the status
 * @param meanings what each status says
 * @param contentOf the media types of one
 */
export function errorResponses(
  family: string,
  meanings: Readonly<Record<number, string>>,
  contentOf: (status: string) => Readonly<Record<string, Content>>,
): Readonly<Record<string, Response>> {
  return Object.fromEntries(
    Object.entries(meanings).map(([status, meaning]) => [
      `${family}${status}`,
      {
        description: `${STATUS_CODES[status]}: ${meaning}`,
        headers: {
          ...sharedHeader("x-request-id"),
          "x-error-reason": { description: "The reason of the error.", required: true, schema: text },
          ...(status === "503" ? sharedHeader("retry-after") : {}),
        },
        content: contentOf(status),
      },
    ]),
  );
}

/** Points to some of these answers, by their status. */
export function errorRefs(family: string, ...statuses: readonly string[]): Readonly<Record<string, Ref>> {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${family}${status}` }]));
}
