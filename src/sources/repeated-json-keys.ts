/** A key that stands twice in one object of a JSON text. */
export interface RepeatedKey {
  /** The index of the item of the outermost list that it is in. */
  readonly index: number;
  /** The path within the item: `inputFeatures[2].min`. */
  readonly field: string;
}

/** Where the scan is: in an object, or in a list. */
type Level = { readonly keys: Set<string>; key: string } | { index: number };

const tokens = /"(?:[^"\\]|\\.)*"|[[\]{}:,]/g;

/** Finds the keys that are written twice in a list as JSON, of which `JSON.parse` keeps the last and says nothing. */
export function repeatedJsonKeys(json: string): RepeatedKey[] {
  const found: RepeatedKey[] = [];
  const levels: Level[] = [];
  let text = "";
  for (const [token] of json.matchAll(tokens)) {
    const level = levels.at(-1);
    switch (token) {
      case "{":
        levels.push({ keys: new Set(), key: "" });
        break;
      case "[":
        levels.push({ index: 0 });
        break;
      case "}":
      case "]":
        levels.pop();
        break;
      case ",":
        if (level !== undefined && "index" in level) level.index++;
        break;
      case ":":
        if (level === undefined || "index" in level) break;
        level.key = JSON.parse(text) as string;
        if (level.keys.has(level.key)) found.push(placeOf(levels));
        level.keys.add(level.key);
        break;
      default:
        text = token;
    }
  }
  return found;
}

function placeOf([list, ...inner]: readonly Level[]): RepeatedKey {
  const field = inner.map((level) => ("index" in level ? `[${level.index}]` : `.${level.key.slice(0, 80)}`)).join("");
  return { index: list !== undefined && "index" in list ? list.index : 0, field: field.replace(/^\./, "") };
}
