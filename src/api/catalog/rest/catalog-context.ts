import type { CatalogReader } from "../../../catalog/catalog.ts";
import { isCatalogError } from "../../../catalog/catalog-error.ts";
import type { RestContext } from "../../rest/rest-context.ts";
import { sendFailure } from "../../versions/rest/failure-answer.ts";
import { ageingHeaders } from "../../versions/rest/flavour.ts";
import { sendValue } from "../../versions/rest/versions-context.ts";
import { type CatalogDeps, readerOf } from "../catalog-deps.ts";
import { CatalogFailure } from "../catalog-failure.ts";

/** One of the two versions of the API that existing clients speak. */
export interface CatalogFlavour {
  readonly version: "v1" | "v1alpha1";
  /** The suffix of operation ids in the document, which have to be unique over both versions. */
  readonly suffix: string;
  readonly isAlpha: boolean;
}

export const catalogFlavours: readonly CatalogFlavour[] = [
  { version: "v1", suffix: "", isAlpha: false },
  { version: "v1alpha1", suffix: "V1alpha1", isAlpha: true },
];

/** What the REST surface of the catalog needs of the rest. */
export interface CatalogRestDeps extends CatalogDeps {
  /** The day on which the alpha version ends. Undefined: its answers have no headers about that. */
  readonly alphaSunset: Date | undefined;
}

/** One request on a route of the catalog. */
export interface CatalogContext extends RestContext {
  readonly flavour: CatalogFlavour;
  readonly reader: CatalogReader;
  readonly sources: CatalogDeps["sources"];
}

export type CatalogHandle = (context: CatalogContext) => object | Promise<object>;

/**
 * Does what is common to all routes: headers of the version, the answer as JSON, and errors in the form of existing
 * clients.
 */
export function catalogHandler(
  deps: CatalogRestDeps,
  base: string,
  flavour: CatalogFlavour,
  handle: CatalogHandle,
): (context: RestContext) => Promise<void> {
  return async (context) => {
    try {
      const ageing = flavour.isAlpha ? ageingHeaders(deps.alphaSunset, `${base}/v1`) : {};
      for (const [name, value] of Object.entries(ageing)) context.response.setHeader(name, value);
      const value = await handle({ ...context, flavour, reader: readerOf(deps), sources: deps.sources });
      await sendValue(context, 200, value);
    } catch (error) {
      sendFailure(context, inTheirWords(error));
    }
  };
}

/** Uses the error messages of Kubeflow's server where existing clients compare them. */
function inTheirWords(error: unknown): unknown {
  const words = isCatalogError(error, "INVALID")
    ? error.message
    : isCatalogError(error, "INVALID_FILTER")
      ? `invalid filter query syntax: ${error.data.position ?? 0}: ${error.message}`
      : isCatalogError(error, "INVALID_PAGE_TOKEN")
        ? `invalid nextPageToken: ${error.message}`
        : undefined;
  if (words === undefined) return error;
  const { reason, metadata } = CatalogFailure.from(error as never);
  return new CatalogFailure(words, { reason, metadata });
}
