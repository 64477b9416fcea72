/**
 * A version of the registry of versions, as the one who serves it names it: by names in an entry, or by ids in the labels of
 * an InferenceService. Without a version and an alias, the newest live version of the model is meant.
 */
export type VersionRef = VersionReference | { readonly modelId: string; readonly versionId?: string };

/** A version by names: `MODEL`, `MODEL/VERSION` or `MODEL@ALIAS`. */
export interface VersionReference {
  readonly model: string;
  /** At most one of both; neither means the newest live version. */
  readonly version?: string;
  readonly alias?: string;
}

/** The form of a reference in documents, for messages. */
export const versionRefForm =
  "MODEL/VERSION, MODEL@ALIAS, or MODEL for its newest live version, with '/', '@' and '%' in names written as %2F, %40 and %25";

/** The longest text that is read as a reference, and the longest name in it. */
export const maxVersionRefChars = 1024;
const maxNameChars = 255;

/** Reads `disk-failure-predictor/2`, `disk-failure-predictor@champion` or `disk-failure-predictor`; undefined for any other text. */
export function parseVersionRef(text: string): VersionReference | undefined {
  return text.length > maxVersionRefChars ? undefined : parseNames(text);
}

function parseNames(text: string): VersionReference | undefined {
  const match = /^([^/@]+)(?:([/@])([^/@]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, model, sign, other] = match;
  try {
    const names = [model, other].map((name) => (name === undefined ? undefined : decodeURIComponent(name)));
    if (names.some((name) => name !== undefined && (name.length > maxNameChars || name.includes("\0"))))
      return undefined;
    if (names[1] === undefined) return { model: names[0]! };
    return sign === "/" ? { model: names[0]!, version: names[1] } : { model: names[0]!, alias: names[1] };
  } catch {
    // A '%' that begins no escape.
    return undefined;
  }
}

/** How a reference is written in addresses and commands, for messages. */
export const versionReferenceForm =
  "MODEL, MODEL/VERSION or MODEL@ALIAS, with `/`, `@`, `%`, `?` and `#` in a name percent-encoded";

/** Reads a reference as addresses and commands have it. Undefined: it is none. */
export function parseVersionReference(text: string): VersionReference | undefined {
  return /[?#]/.test(text) || !text.isWellFormed() ? undefined : parseNames(text);
}

/** Writes a reference so that `parseVersionReference` reads the same. */
export function versionReferenceText({ model, version, alias }: VersionReference): string {
  if (version !== undefined) return `${encodeURIComponent(model)}/${encodeURIComponent(version)}`;
  return alias === undefined ? encodeURIComponent(model) : `${encodeURIComponent(model)}@${encodeURIComponent(alias)}`;
}

/** A reference as text: equal for equal references, and what people are shown. */
export function versionRefText(ref: VersionRef): string {
  if ("modelId" in ref) {
    return `registered-model-id=${ref.modelId}${ref.versionId === undefined ? "" : `,model-version-id=${ref.versionId}`}`;
  }
  const model = encoded(ref.model);
  if (ref.version !== undefined) return `${model}/${encoded(ref.version)}`;
  return ref.alias === undefined ? model : `${model}@${encoded(ref.alias)}`;
}

/** Whether a reference always means the same version: not the newest one, and not that of an alias, which can move. */
export function namesOneVersion(ref: VersionRef): boolean {
  return ("modelId" in ref ? ref.versionId : ref.version) !== undefined;
}

function encoded(name: string): string {
  return name.replace(/[/@%]/g, (character) => encodeURIComponent(character));
}
