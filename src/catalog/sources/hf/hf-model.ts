import { isRecord } from "../../../base/field-reader.ts";
import type { Properties, PropertyValue } from "../../../base/property-value.ts";
import type { CatalogModel } from "../../entries/entry.ts";
import { entryId } from "../../entries/entry-id.ts";

/** Generative tasks, and predictive ones. */
const generative =
  /^(text-generation|text2text-generation|image-to-text|text-to-|image-text-to-text|any-to-any|summarization|translation|question-answering|conversational)/;
const predictive =
  /(classification|regression|detection|segmentation|forecasting|feature-extraction|similarity|fill-mask|ranking)/;
const languageTag = /^[a-z]{2,3}$/;

/** A model of the hub as a catalog entry; undefined for anything else. */
export function modelOf(value: unknown, sourceId: string, syncedMs: number): CatalogModel | undefined {
  if (!isRecord(value)) return undefined;
  const id = textOf(value.id) ?? textOf(value.modelId);
  if (id === undefined || id.length > 255 || !/^[\w.-]+(\/[\w.-]+)?$/.test(id)) return undefined;
  const tags = textsOf(value.tags);
  const card = isRecord(value.cardData) ? value.cardData : {};
  const task = textOf(value.pipeline_tag);
  const license = textOf(card.license) ?? tagOf(tags, "license:");
  const libraryName = textOf(value.library_name);
  const languages = [...textsOf(card.language), ...tags].filter((tag) => languageTag.test(tag));
  const config = isRecord(value.config) ? value.config : {};
  const created = timeOf(value.createdAt);
  const changed = timeOf(value.lastModified);
  return {
    id: entryId(sourceId, id),
    name: id,
    sourceId,
    externalId: id,
    provider: textOf(value.author) ?? id.split("/")[0]!,
    ...(task === undefined ? {} : { tasks: [task] }),
    ...(languages.length === 0 ? {} : { language: [...new Set(languages)].slice(0, 64) }),
    ...(license === undefined ? {} : { license }),
    ...(libraryName === undefined ? {} : { libraryName }),
    ...(created === undefined ? {} : { createTimeSinceEpoch: created }),
    ...(changed === undefined ? {} : { lastUpdateTimeSinceEpoch: changed }),
    customProperties: propertiesOf({
      model_type: typeOf(task),
      hf_private: String(value.private === true),
      hf_gated: value.gated === undefined || value.gated === false ? "false" : String(value.gated).slice(0, 32),
      hf_tags: tags.length === 0 ? undefined : tags.join(","),
      hf_architectures: textsOf(config.architectures).join(",") || undefined,
      hf_model_type: textOf(config.model_type),
      last_synced: new Date(syncedMs).toISOString(),
    }),
    artifacts: [
      { id: entryId(sourceId, id, "0"), artifactType: "model-artifact", uri: `hf://${id}`, customProperties: {} },
    ],
  };
}

function typeOf(task: string | undefined): string {
  if (task === undefined) return "unknown";
  if (generative.test(task)) return "generative";
  return predictive.test(task) ? "predictive" : "unknown";
}

function propertiesOf(texts: Readonly<Record<string, string | undefined>>): Properties {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, text]): [string, PropertyValue][] =>
      text === undefined ? [] : [[key, { metadataType: "MetadataStringValue", string_value: text.slice(0, 16_384) }]],
    ),
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, 255) : undefined;
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value.slice(0, 255)];
  return Array.isArray(value) ? value.slice(0, 256).flatMap((item) => textOf(item) ?? []) : [];
}

function tagOf(tags: readonly string[], prefix: string): string | undefined {
  return tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length);
}

function timeOf(value: unknown): string | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) || ms < 0 ? undefined : String(ms);
}
