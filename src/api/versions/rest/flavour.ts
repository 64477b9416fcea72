import type { JsonStyle } from "../../../versions/record-json.ts";
import { HttpError } from "../../http-message.ts";

/** One of the two API versions that existing clients speak: where it is, and how it differs. */
export interface Flavour extends JsonStyle {
  /** `/api/model_registry/v1`. */
  readonly base: string;
  /** Behind the operation ids of the document, which are unique over both. */
  readonly suffix: string;
  /** Whether the value `step` of metrics is a JSON number, and an unknown `orderBy` means ID. */
  readonly isAlpha: boolean;
}

export const flavours: readonly Flavour[] = [
  { base: "/api/model_registry/v1", suffix: "", isAlpha: false },
  { base: "/api/model_registry/v1alpha3", suffix: "V1alpha3", isAlpha: true },
];

/**
 * What the alpha version says of its age (RFC 9745, RFC 8594).
 *
 * @throws HttpError 410 once its day has come
 */
export function ageingHeaders(
  sunset: Date | undefined,
  successor = "/api/model_registry/v1",
  now = Date.now(),
): Readonly<Record<string, string>> {
  if (sunset === undefined) return {};
  const headers = {
    deprecation: "true",
    sunset: sunset.toUTCString(),
    link: `<${successor}/>; rel="successor-version"`,
  };
  if (now < sunset.getTime()) return headers;
  throw new HttpError(410, `this API version is no longer served; use ${successor}`, headers);
}
