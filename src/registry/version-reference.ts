/** A version of a registered model by names: `MODEL`, `MODEL/VERSION` or `MODEL@ALIAS`. */
export interface VersionReference {
  readonly model: string;
  /** At most one of both; neither means the newest live version that has a model artifact. */
  readonly version?: string;
  readonly alias?: string;
}

/** How a reference is written, for messages. */
export const versionReferenceForm =
  "MODEL, MODEL/VERSION or MODEL@ALIAS, with `/`, `@`, `%`, `?` and `#` in a name percent-encoded";

/** The most that a name in a reference may have, in characters. */
const maxNameChars = 255;

/** Reads a reference. Undefined: it is none. */
export function parseVersionReference(text: string): VersionReference | undefined {
  const match = /^([^/@?#]+)(?:([/@])([^/@?#]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, model, sign, rest] = match;
  const names = [decodeName(model!), sign === undefined ? undefined : decodeName(rest!)] as const;
  if (names[0] === undefined || (sign !== undefined && names[1] === undefined)) return undefined;
  if (sign === undefined) return { model: names[0] };
  return { model: names[0], [sign === "/" ? "version" : "alias"]: names[1]! };
}

/** Writes a reference so that `parseVersionReference` reads the same. */
export function versionReferenceText({ model, version, alias }: VersionReference): string {
  if (version !== undefined) return `${encodeURIComponent(model)}/${encodeURIComponent(version)}`;
  return alias === undefined ? encodeURIComponent(model) : `${encodeURIComponent(model)}@${encodeURIComponent(alias)}`;
}

/** The name that a percent-encoded part stands for; undefined where it cannot be one. */
function decodeName(part: string): string | undefined {
  try {
    const name = decodeURIComponent(part);
    return name.length <= maxNameChars && !name.includes("\0") && name.isWellFormed() ? name : undefined;
  } catch {
    return undefined;
  }
}
