import { type Document, isMap, isScalar, isSeq, type Node, Pair, Scalar, YAMLMap } from "yaml";
import { legacyModelOf } from "../registry/legacy-services.ts";
import { type FileProblem, repeatedKeyProblems } from "./file-problem.ts";
import type { FileReading, FileSettings } from "./models-file.ts";
import { type Origin, readList } from "./read-list.ts";
import { type WrittenModel, writtenModel } from "./written-model.ts";
import { keyOf, pairAt, startOf, textAt, valueAt } from "./yaml/node.ts";
import type { Locate } from "./yaml/position.ts";

/** The part of Helm values that lists models, and its path: `coordinationEngine.kserve`, or `kserve` on its own. */
export function kserveOf(root: Node | null): { node: YAMLMap; path: string } | undefined {
  for (const path of ["coordinationEngine.kserve", "kserve"]) {
    const node = path.split(".").reduce<Node | null | undefined>((at, key) => valueAt(at, key), root);
    if (isMap(node)) return { node, path };
  }
  return undefined;
}

/** Reads the models of Helm values: the list `models`, and the older map `services`. */
export function readValues(document: Document, locate: Locate): FileReading {
  const { node, path } = kserveOf(document.contents)!;
  const origin: Origin = { document, locate };
  const models = pairAt(node, "models");
  const listed = models?.value ? readList(models.value, `${path}.models`, origin) : undefined;
  const items = isSeq(models?.value) ? (models.value.items as (Node | null)[]) : [];
  const services = pairAt(node, "services");
  const problems: FileProblem[] = [...repeatedKeyProblems(document, locate, items), ...(listed?.problems ?? [])];
  let mapped: readonly WrittenModel[] = [];
  if (isMap(services?.value)) {
    mapped = servicesOf(services.value, `${path}.services`, origin);
    problems.push({
      position: locate(startOf(services.key)),
      severity: "warning",
      message: `${path}.services is deprecated; \`migrate --to values\` converts it to a list of models`,
    });
  }
  return { models: [...(listed?.models ?? []), ...mapped], settings: settingsOf(node), problems };
}

/** The entries of a `services` map, each with the comments that stand at its key. */
function servicesOf(services: YAMLMap, where: string, origin: Origin): WrittenModel[] {
  return services.items.map((pair, i) => {
    const key = keyOf(pair);
    const { name, type } = legacyModelOf(key);
    const nameNode = new Scalar(name);
    nameNode.range = (pair.key as Node).range ?? null;
    const entry = new YAMLMap();
    entry.range = (pair.key as Node).range ?? null;
    // The parser attaches a comment above the first key to the map.
    entry.commentBefore = (pair.key as Node).commentBefore ?? (i === 0 ? services.commentBefore : null) ?? null;
    const nameKey = new Scalar("name");
    nameKey.range = nameNode.range;
    entry.items = [new Pair(nameKey, nameNode), new Pair(keyNode("service", pair.value as Node), pair.value)];
    if (type !== undefined) entry.items.push(new Pair(new Scalar("type"), new Scalar(type)));
    return writtenModel(entry, { ...origin, where: `${where}.${key}`, untyped: true });
  });
}

function keyNode(name: string, at: Node | null): Scalar {
  const key = new Scalar(name);
  key.range = at?.range ?? null;
  return key;
}

function settingsOf(kserve: YAMLMap): FileSettings {
  const enabled = valueAt(kserve, "enabled");
  const namespace = textAt(kserve, "namespace");
  const flag = isScalar(enabled) ? enabled.value : undefined;
  return {
    ...(typeof flag === "boolean" ? { enabled: flag } : {}),
    ...(namespace ? { namespace } : {}),
  };
}
