/** A CPU profile as V8 writes it. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** The node that was on top at each sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function and the share of the time that was spent in itself, not in what it calls. */
export interface HotSpot {
  readonly name: string;
  /** Where it stands: `src/predict/json/json-scanner.ts`, `node:http2`, `undici`, or empty for what is native. */
  readonly place: string;
  readonly share: number;
}

/** The functions that take the most time themselves, the greatest first. Idle time does not count. */
export function hotSpots(profile: CpuProfile, count: number): HotSpot[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const micros = new Map<string, { name: string; place: string; micros: number }>();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const { functionName, url } = nodes.get(id)!.callFrame;
    if (functionName === "(idle)") return;
    const name = functionName === "" ? "(anonymous)" : functionName;
    const place = placeOf(url);
    const key = `${name} ${place}`;
    const spot = micros.get(key) ?? { name, place, micros: 0 };
    const spent = profile.timeDeltas[i]!;
    spot.micros += spent;
    total += spent;
    micros.set(key, spot);
  });
  return [...micros.values()]
    .sort((a, b) => b.micros - a.micros)
    .slice(0, count)
    .map(({ name, place, micros: spent }) => ({ name, place, share: spent / total }));
}

/** Where the time goes by large parts: our files by folder, each package, Node's own modules, native code. */
export function sharesByRoom(profile: CpuProfile): { readonly room: string; readonly share: number }[] {
  const rooms = new Map<string, number>();
  for (const { name, place, share } of hotSpots(profile, Number.POSITIVE_INFINITY)) {
    const room = roomOf(name, place);
    rooms.set(room, (rooms.get(room) ?? 0) + share);
  }
  return [...rooms].map(([room, share]) => ({ room, share })).sort((a, b) => b.share - a.share);
}

function roomOf(name: string, place: string): string {
  if (name === "(garbage collector)") return "garbage collection";
  if (place === "") return "native code: system calls, sockets, HTTP/2 frames";
  if (/^node:(internal\/)?(http2|_?http|net|stream|timers|async|event|url|buffer|process)/.test(place)) {
    const module = /^node:(?:internal\/)?_?([a-z0-9]+)/.exec(place)![1]!;
    return `node:${module}`;
  }
  return place.startsWith("src/") ? place.split("/").slice(0, -1).join("/") : place;
}

function placeOf(url: string): string {
  const inPackage = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (inPackage !== null) return inPackage[1]!;
  if (url.startsWith("node:")) return url;
  const own = /\/((?:src|gen)\/.*)$/.exec(url);
  return own?.[1] ?? "";
}
