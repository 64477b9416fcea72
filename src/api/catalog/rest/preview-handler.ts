import { badField } from "../../../catalog/catalog-error.ts";
import { pageOf } from "../../../catalog/search/page.ts";
import { callerSignal } from "../../caller-signal.ts";
import { readBody } from "../../http-message.ts";
import type { CatalogContext } from "./catalog-context.ts";
import { listQueryOf } from "./catalog-query.ts";
import type { Json } from "./entry-json.ts";

const statuses = ["all", "included", "excluded"] as const;

/** `POST /sources/preview`: what a source would have. Nothing is kept. */
export async function previewSource(context: CatalogContext): Promise<Json> {
  const { query, sources, flavour, response } = context;
  const request = listQueryOf(query, "NAME");
  const status = query.get("filterStatus") || "all";
  if (!statuses.some((one) => one === status)) {
    throw badField(
      "filterStatus",
      `invalid filterStatus '${status.slice(0, 40)}': expected one of ${statuses.join(", ")}`,
    );
  }
  const { config, data } = await readParts(context);
  const left = callerSignal(response);
  const { assetType, entries } = await sources.preview(config, data, left);
  const included = entries.filter((entry) => entry.included).length;
  const wanted = entries
    .filter((entry) => status === "all" || entry.included === (status === "included"))
    .map((entry, i) => ({ id: String(i), entry }));
  const order = { key: "ID", descending: false, read: ({ id }: { id: string }) => Number(id) };
  const page = await pageOf(wanted, order, () => true, request, ["preview", status, config]);
  const [kind, words] = assetType === "models" || flavour.isAlpha ? ["Models", "models"] : ["Assets", assetType];
  return {
    ...(flavour.isAlpha ? {} : { assetType: words }),
    items: page.items.map(({ entry }) => entry),
    summary: {
      [`total${kind}`]: entries.length,
      [`included${kind}`]: included,
      [`excluded${kind}`]: entries.length - included,
    },
    nextPageToken: page.nextPageToken,
    pageSize: request.askedSize,
    size: page.items.length,
  };
}

/** A form of more parts is not one that describes a source, and each costs an object. */
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
    throw badField("config", "the body is no complete multipart/form-data");
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
