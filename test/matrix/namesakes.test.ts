import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type SourceKind, sourceKinds } from "../../src/registry/model.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import type { LocatedEntry } from "../../src/registry/ports.ts";
import { startChangingServer } from "../contract/changing-server.ts";
import { clientOf, type RegistryClient, rows } from "../support/clients.ts";
import { partsOf } from "../support/error-details.ts";
import { predictWays } from "../support/predict-forms.ts";

/** A model that shares its name with those of other sources and namespaces. */
interface Namesake {
  readonly kind: SourceKind;
  readonly namespace: string;
  readonly trusted: boolean;
}

/** Models that share one name. */
interface Group {
  readonly name: string;
  readonly title: string;
  readonly models: readonly Namesake[];
  /** Which of them have come, as bits, for each step. */
  readonly steps: readonly number[];
}

const namespaces = ["a", "b", "c"];
const pairs = sourceKinds.flatMap((one, i) => sourceKinds.slice(i).map((other) => [one, other] as const));
const stepCount = 12;

/** Every pair of sources, with two and three models, of which one is trusted or none. */
const groups: readonly Group[] = pairs.flatMap(([one, other], pair) =>
  [2, 3].flatMap((count) =>
    [true, false].map((trusted, j): Group => {
      const models = namespaces.slice(0, count).map((namespace, i) => ({
        kind: i % 2 === 0 ? one : other,
        namespace,
        // Not the first by age, so that trust alone makes it the holder.
        trusted: trusted && i === count - 1,
      }));
      const steps = Array.from({ length: stepCount }, (_, step) => bitsAt(pair * 4 + count + j, step) % 2 ** count);
      const title = `${count} models of ${one} and ${other}, ${trusted ? "one" : "none"} trusted`;
      return { name: `x${pair}-${count}-${trusted ? "one" : "none"}`, title, models, steps };
    }),
  ),
);

/** Numbers that look random and are the same in every run. */
function bitsAt(seed: number, step: number): number {
  return ((seed * 2_654_435_761 + step * 40_503 * 65_537) >>> 7) & 0xff;
}

function entryOf({ name }: Group, { namespace, trusted }: Namesake): LocatedEntry {
  const { entry } = parseModelEntry({ name, namespace, type: "anomaly", service: name }, "elsewhere");
  const origin = trusted ? {} : { tenant: namespace, created: `2026-01-0${namespaces.indexOf(namespace) + 1}` };
  return { entry: entry!, location: `${namespace}/${name}`, ...origin };
}

/** The namespace of the model that holds the name of a group at a step, by the words of the documentation. */
function holderAt({ models, steps }: Group, step: number): string {
  const there = models.filter((_, i) => ((steps[step] ?? 0) >> i) & 1);
  return (there.find(({ trusted }) => trusted) ?? there[0])?.namespace ?? "";
}

/** The namespace of the model that a call means at a step; empty for none. */
function meantAt(group: Group, step: number, namespace: string): string {
  if (namespace === "") return holderAt(group, step);
  const i = group.models.findIndex((model) => model.namespace === namespace);
  return ((group.steps[step] ?? 0) >> i) & 1 ? namespace : "";
}

const notThere = "MODEL_NOT_FOUND";

interface Call {
  readonly group: Group;
  /** Empty: by the name alone. */
  readonly namespace: string;
  /** The steps that the registry was at when the call began and ended. */
  readonly from: number;
  readonly to: number;
  /** The namespace of the model that answered, or the reason why none did. */
  readonly answeredBy: string;
}

const calls: Call[] = [];
/** The holders of each name, as a watch has shown them: one after the other. */
const watched = new Map<string, string[]>();

it("models that share names are called by every protocol while they come and go", async () => {
  const server = await startChangingServer({
    models: [],
    predict: ({ model }) => JSON.stringify({ predictions: [namespaces.indexOf(model.namespace)] }),
  });
  let step = -1;
  const advance = (): void => {
    step++;
    for (const kind of sourceKinds) {
      const entries = groups.flatMap((group) =>
        group.models
          .filter((model, i) => model.kind === kind && ((group.steps[step] ?? 0) >> i) & 1)
          .map((model) => entryOf(group, model)),
      );
      server.registry.apply({ kind, name: kind, cluster: "" }, { entries, refused: [] });
    }
  };
  advance();
  const clients = predictWays.map((way) => clientOf(way, server.url));
  const watching = watchHolders(clients[0]!, () => step === stepCount);
  let done = false;
  const workers = clients.map(async (client, worker) => {
    for (let i = worker; !done; i += clients.length) calls.push(await callOne(client, i, () => step));
  });
  while (step < stepCount) {
    const target = calls.length + groups.length;
    while (calls.length < target) await sleep(1);
    // The last step has none of them, which ends the watch.
    advance();
  }
  done = true;
  await Promise.all([...workers, watching]);
}, 120_000);

async function callOne(client: RegistryClient, i: number, stepNow: () => number): Promise<Call> {
  const group = groups[i % groups.length]!;
  const places = ["", ...group.models.map(({ namespace }) => namespace)];
  const namespace = places[Math.floor(i / groups.length) % places.length]!;
  const from = stepNow();
  const answeredBy = await client.predict({ ...rows(group.name, [1]), namespace }).then(
    ({ output }) => {
      const { values } = (output.value as { kind: { value: { values: { kind: { value: number } }[] } } }).kind.value;
      return namespaces[values[0]!.kind.value]!;
    },
    (error: unknown) => String(partsOf(error as never).reason),
  );
  return { group, namespace, from, to: stepNow(), answeredBy };
}

/** Keeps a mirror of who holds each name by a watch, until all are gone. */
async function watchHolders(client: RegistryClient, isOver: () => boolean): Promise<void> {
  const holders = new Map<string, string>();
  const there = new Set<string>();
  for await (const { event, model, changedFields } of client.watchModels({})) {
    if (model === undefined) continue;
    const { name, namespace, holdsName } = model;
    const removed = event === WatchEvent.REMOVED;
    if (removed) there.delete(`${namespace}/${name}`);
    else there.add(`${namespace}/${name}`);
    // It has taken the place of the one model of its name.
    if (changedFields.includes("namespace")) {
      for (const other of namespaces) if (other !== namespace) there.delete(`${other}/${name}`);
    }
    if (holdsName && !removed) {
      const shown = watched.get(name) ?? [];
      watched.set(name, shown);
      if (holders.get(name) !== namespace) shown.push(namespace);
      holders.set(name, namespace);
    } else if (holders.get(name) === namespace) {
      holders.delete(name);
    }
    if (isOver() && there.size === 0) return;
  }
}

describe.each(groups.map((group) => [group.title, group] as const))("%s, coming and going under load", (_, group) => {
  it("are never confused", () => {
    const own = calls.filter((call) => call.group === group);
    expect(own.length).toBeGreaterThan(stepCount / 2);
    const wrong = own.filter(({ namespace, from, to, answeredBy }) => {
      // While sources were taken, any of the models that the call may mean could answer, and no other.
      if (from !== to) return ![...(namespace === "" ? namespaces : [namespace]), notThere].includes(answeredBy);
      return answeredBy !== (meantAt(group, from, namespace) || notThere);
    });
    expect(wrong).toEqual([]);
    expect(own.some(({ answeredBy }) => namespaces.includes(answeredBy))).toBe(true);
  });

  it("show every change of their holder in a watch", () => {
    const holders = group.steps.map((_, step) => holderAt(group, step)).filter((holder) => holder !== "");
    // Between two steps a watch may show a holder of one moment more, and never leaves one out.
    const shown = watched.get(group.name) ?? [];
    let at = 0;
    for (const holder of holders) {
      if (at > 0 && shown[at - 1] === holder) continue;
      at = shown.indexOf(holder, at) + 1;
      expect(at, `${shown} has ${holders}`).toBeGreaterThan(0);
    }
  });
});
