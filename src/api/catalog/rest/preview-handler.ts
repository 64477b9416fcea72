import { badField } from "../../../catalog/catalog-error.ts";
import { previewFilters, previewPage } from "../../../catalog/sources/preview-page.ts";
import { callerSignal } from "../../http.ts";
import { readBody } from "../../http-message.ts";
import type { CatalogContext } from "./catalog-context.ts";
import { listQueryOf } from "./catalog-query.ts";
import type { Json } from "./entry-json.ts";

/** `POST /sources/preview`: the entries that a source would have. Nothing is stored. */
export async function previewSource(context: CatalogContext): Promise<Json> {
  const { query, sources, flavour, response } = context;
  const request = listQueryOf(query, "NAME");
  const status = query.get("filterStatus") || "all";
  const filter = previewFilters.find((one) => one === status);
  if (filter === undefined) {
    throw badField(
      "filterStatus",
      `invalid filterStatus '${status.slice(0, 40)}': expected one of ${previewFilters.join(", ")}`,
    );
  }
  const { config, data } = await readParts(context);
  const left = callerSignal(response);
  const preview = await sources.preview(config, data, left);
  const { assetType } = preview;
  const { items, nextPageToken, total, included } = await previewPage(preview, filter, request, config);
  const [kind, words] = assetType === "models" || flavour.isAlpha ? ["Models", "models"] : ["Assets", assetType];
  return {
    ...(flavour.isAlpha ? {} : { assetType: words }),
    items,
    summary: {
      [`total${kind}`]: total,
      [`included${kind}`]: included,
      [`excluded${kind}`]: total - included,
    },
    nextPageToken,
    pageSize: request.askedSize,
    size: items.length,
  };
}

/** No form that describes a source has more parts, and each part costs an object. */
const maxParts = 16;

async function readParts({
  request,
  call,
  memory,
  ...limits
}: CatalogContext): Promise<{ config: string; data: Uint8Array<ArrayBuffer> | undefined }> {
  const contentType = request.headers["content-type"] ?? "";
  const boundary = /^multipart\/form-data\s*;.*\bboundary="?([^\s";]{1,200})/i.exec(contentType)?.[1];
  if (boundary === undefined) throw badField("content-type", "expected multipart/form-data with the part config");
  const body = Buffer.from(await readBody(request, limits, { memory, holder: call }));
  if (countOf(body, boundary) > maxParts + 1) throw badField("config", `the form has more than ${maxParts} parts`);
  const form = await new Response(body, { headers: { "content-type": contentType } }).formData().catch(() => {
    throw badField("config", "the body is not complete multipart/form-data");
  });
  const config = form.get("config");
  const data = form.get("catalogData");
  if (config === null) throw badField("config", "missing; expected a part with the source in YAML or JSON");
  return {
    config: typeof config === "string" ? config : await config.text(),
    data: data === null ? undefined : await bytesOf(data),
  };
}

async function bytesOf(part: string | Blob): Promise<Uint8Array<ArrayBuffer>> {
  return typeof part === "string" ? new TextEncoder().encode(part) : new Uint8Array(await part.arrayBuffer());
}

function countOf(body: Buffer, boundary: string): number {
  let count = 0;
  for (let at = body.indexOf(boundary); at >= 0 && count <= maxParts + 1; at = body.indexOf(boundary, at + 1)) count++;
  return count;
}
