import { describe, expect, it } from "vitest";
import type { Reviewer } from "../../src/access/kube-reviews.ts";
import { createKubernetes } from "../../src/access/kubernetes.ts";
import { permittedModel, visibleSnapshot } from "../../src/registry/access.ts";
import { createParts } from "../support/parts.ts";

interface Review {
  readonly kind: string;
  readonly spec: {
    readonly token?: string;
    readonly audiences?: readonly string[];
    readonly user?: string;
    readonly resourceAttributes?: { readonly namespace?: string; readonly name?: string };
  };
}

/** A reviewer that fails in ways that an API server seldom does. `allow` gets `namespace/name`. */
function reviewer(
  allow: (asked: string) => boolean,
  answer: (review: Review) => object | undefined = () => undefined,
): Reviewer & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async review(_path, body) {
      const review = body as Review;
      const { namespace = "*", name = "*" } = review.spec.resourceAttributes ?? {};
      asked.push(review.kind === "TokenReview" ? `token ${review.spec.token}` : `${namespace}/${name}`);
      const given = answer(review);
      if (given instanceof Error) throw given;
      if (given !== undefined) return given;
      if (review.kind !== "TokenReview") return { status: { allowed: allow(`${namespace}/${name}`) } };
      const user = { username: `user of ${review.spec.token}`, groups: ["g"] };
      return { status: { authenticated: review.spec.token !== "bad", user } };
    },
  };
}

const disk = { name: "disk", namespace: "storage", holdsName: true };

function kubernetesOf(reviewer: Reviewer, ttlMs = 60_000, audiences: string[] = []) {
  const { authenticate } = createKubernetes({ reviewer, audiences, ttlMs, versionsNamespace: "ml" });
  return (token: string, remoteAddress = "10.0.0.1") => authenticate(token, { remoteAddress });
}

describe("the reviews of an API server", () => {
  it("are asked once for the same caller and model", async () => {
    const api = reviewer((asked) => asked === "storage/disk");
    const { access } = await kubernetesOf(api)("t");
    const answers = [access.mayUse(disk), access.mayUse(disk), access.mayUse({ ...disk, name: "other" })];
    expect(await Promise.all(answers)).toEqual([true, true, false]);
    await access.mayUse(disk);
    expect(api.asked).toEqual(["token t", "storage/disk", "storage/other"]);
    expect(access.caller).toBe("user of t");
  });

  it("are kept for each caller alone", async () => {
    const api = reviewer(() => true);
    const authenticate = kubernetesOf(api);
    await (await authenticate("t")).access.mayUse(disk);
    await (await authenticate("u")).access.mayUse(disk);
    expect(api.asked).toEqual(["token t", "storage/disk", "token u", "storage/disk"]);
  });

  it("name a model of a further cluster as the others", async () => {
    const api = reviewer(() => true);
    await (await kubernetesOf(api)("t")).access.mayUse({ ...disk, name: "spoke-1/disk" });
    expect(api.asked.at(-1)).toBe("storage/disk");
  });

  it.each<[string, (asked: string) => boolean, string[], number]>([
    ["may use all", () => true, ["a", "b", "c"], 1],
    ["may use a namespace", (asked) => asked.startsWith("one/"), ["a", "b"], 4],
    ["may use one model", (asked) => asked === "one/b", ["b"], 6],
    ["may use none", () => false, [], 6],
  ])("are few for the list of who %s", async (_title, allow, names, questions) => {
    const models = [
      { name: "a", namespace: "one" },
      { name: "b", namespace: "one" },
      { name: "c", namespace: "two" },
    ];
    const { registry } = createParts({ models });
    const api = reviewer(allow);
    const { access } = await kubernetesOf(api)("t");
    expect((await visibleSnapshot(registry.snapshot, access)).names).toEqual(names);
    expect(api.asked.length - 1).toBe(questions);
  });

  it("are, for the lists of who may use none, one for each namespace and model, and none again while they are kept", async () => {
    const models = Array.from({ length: 500 }, (_, i) => ({ name: `m${i}`, namespace: `team-${i % 5}` }));
    const { registry } = createParts({ models });
    const api = reviewer(() => false);
    const { access } = await kubernetesOf(api)("t");
    const list = () => visibleSnapshot(registry.snapshot, access);
    await Promise.all([list(), list()]);
    await list();
    expect(api.asked).toHaveLength(1 + 1 + 5 + 500);
  });

  it("are for the models that a list asks for, and for no others", async () => {
    const namespaces = ["one", "two"];
    const models = namespaces.flatMap((namespace) => ["a", "b"].map((name) => ({ name, namespace })));
    const { registry } = createParts({ models });
    const api = reviewer((asked) => asked === "two/b");
    const { access } = await kubernetesOf(api)("t");
    const { keys } = await visibleSnapshot(registry.snapshot, access, ({ namespace }) => namespace === "two");
    expect(keys).toHaveLength(1);
    expect(api.asked.slice(0, 3)).toEqual(["token t", "*/*", "two/*"]);
    expect(api.asked.slice(3).sort()).toEqual(["two/a", "two/b"]);
  });

  it("refuse a token that is not known", async () => {
    await expect(kubernetesOf(reviewer(() => true))("bad")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
  });

  it("do not count for an audience that the API server has not heard of", async () => {
    // As an API server answers that knows no audiences: without them.
    await expect(
      kubernetesOf(
        reviewer(() => true),
        60_000,
        ["registry"],
      )("t"),
    ).rejects.toMatchObject({
      reason: "UNAUTHENTICATED",
    });
  });

  it("fail when no answer comes, and are asked again", async () => {
    const fault = new Error("connect ECONNREFUSED 10.0.0.1:443");
    let faulty = true;
    const api = reviewer(
      () => true,
      () => (faulty ? fault : undefined),
    );
    const authenticate = kubernetesOf(api);
    const failed = { reason: "ACCESS_CHECK_FAILED", retryAfterMs: 1000 };
    await expect(authenticate("t")).rejects.toMatchObject(failed);
    faulty = false;
    const { access } = await authenticate("t");
    faulty = true;
    await expect(access.mayUse(disk)).rejects.toMatchObject(failed);
    await expect(access.mayUse(disk)).rejects.not.toMatchObject({ message: expect.stringContaining("10.0.0.1") });
    faulty = false;
    expect(await access.mayUse(disk)).toBe(true);
  });

  it.each<[string, object]>([
    ["no status", {}],
    ["words", { status: { authenticated: "true", allowed: "true", user: { username: "x" } } }],
    ["no user", { status: { authenticated: true } }],
  ])("that say %s let nobody in", async (_title, body) => {
    const api = reviewer(
      () => true,
      () => body,
    );
    await expect(kubernetesOf(api)("t")).rejects.toMatchObject({ reason: "UNAUTHENTICATED" });
  });
});

describe("the API server", () => {
  /** Reviews that are answered when the test says so. */
  function slowReviewer() {
    const waiting: (() => void)[] = [];
    const asked: string[] = [];
    const api: Reviewer = {
      async review(_path, body) {
        const { spec, kind } = body as Review;
        asked.push(kind === "TokenReview" ? `token ${spec.token}` : `${spec.user} ${spec.resourceAttributes?.name}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (kind !== "TokenReview") return { status: { allowed: false } };
        const isJunk = spec.token?.startsWith("junk");
        return { status: { authenticated: !isJunk, user: { username: spec.token } } };
      },
    };
    return { api, asked, answer: (count: number) => waiting.splice(0, count).forEach((go) => void go()) };
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

  it("is asked about a caller of another address before the next junk token of a flood", async () => {
    const { api, asked, answer } = slowReviewer();
    const authenticate = kubernetesOf(api);
    const flood = Array.from({ length: 1000 }, (_, i) => authenticate(`junk-${i}`, "10.6.6.6").catch(() => undefined));
    const known = authenticate("ada", "10.0.0.2");
    await settle();
    expect(asked.length).toBeLessThanOrEqual(16);
    expect(asked).toContain("token ada");
    answer(Infinity);
    expect((await known).access.caller).toBe("ada");
    while ((await Promise.race([Promise.all(flood).then(() => "done"), settle()])) !== "done") answer(Infinity);
  });

  it("refuses questions of an address with thousands waiting, and says that they could not be asked", async () => {
    const { api } = slowReviewer();
    const authenticate = kubernetesOf(api);
    const refusals: unknown[] = [];
    for (let i = 0; i < 2100; i++)
      authenticate(`junk-${i}`, "10.6.6.6").catch((error: unknown) => refusals.push(error));
    await settle();
    expect(refusals).toHaveLength(2100 - 2000 - 8);
    expect(refusals[0]).toMatchObject({ reason: "ACCESS_CHECK_FAILED", retryAfterMs: 1000 });
  });

  it("is asked few questions at a time for the list of one caller, and others come in between", async () => {
    const { api, asked, answer } = slowReviewer();
    const authenticate = kubernetesOf(api);
    const tokens = [authenticate("lister"), authenticate("ada")];
    await settle();
    answer(2);
    const [lister, ada] = (await Promise.all(tokens)).map(({ access }) => access);
    const models = Array.from({ length: 500 }, (_, i) => ({ name: `m-${i}`, namespace: "one" }));
    const { registry } = createParts({ models });
    const list = visibleSnapshot(registry.snapshot, lister!);
    await settle();
    // All models, then the namespace, then one by one.
    answer(1);
    await settle();
    answer(1);
    await settle();
    const before = asked.length;
    expect(asked.filter((one) => one.startsWith("lister")).length).toBe(2 + 8);
    const use = ada!.mayUse(disk);
    await settle();
    expect(asked.slice(before)).toEqual(["ada disk"]);
    let done = false;
    void Promise.resolve(list).then(() => {
      done = true;
    });
    while (!done) {
      answer(Infinity);
      await settle();
    }
    expect([(await list).names, await use]).toEqual([[], false]);
  });

  it.each([
    ["a model of others", "other"],
    ["no model", "none"],
  ])("is asked the same questions for %s", async (_, name) => {
    const { registry } = createParts({ models: [{ name: "other", namespace: "theirs" }] });
    const api = reviewer(() => false);
    const { access } = await kubernetesOf(api)("t");
    await expect(permittedModel(registry, { name }, access)).rejects.toMatchObject({ reason: "PERMISSION_DENIED" });
    expect(api.asked.length).toBe(3);
  });

  it.each([
    ["a model", "other"],
    ["no model", "none"],
  ])("fails alike for %s while it is down", async (_, name) => {
    const { registry } = createParts({ models: [{ name: "other", namespace: "theirs" }] });
    const api = reviewer(
      () => false,
      ({ kind }) => (kind === "TokenReview" ? undefined : new Error("connect ECONNREFUSED")),
    );
    const { access } = await kubernetesOf(api)("t");
    await expect(permittedModel(registry, { name }, access)).rejects.toMatchObject({ reason: "ACCESS_CHECK_FAILED" });
  });
});

describe("the registry of versions", () => {
  it("is asked for by verb, resource and model, in its namespace", async () => {
    const attributes: unknown[] = [];
    const api = reviewer(
      () => false,
      (review) => {
        if (review.kind !== "TokenReview") attributes.push(review.spec.resourceAttributes);
        return undefined;
      },
    );
    const { access } = await kubernetesOf(api)("t");
    await access.mayKeep("update", "modelversions", "fraud");
    await access.mayKeep("list", "registeredmodels");
    const group = "versions.kserve-model-registry.io";
    expect(attributes).toEqual([
      { group, resource: "modelversions", verb: "update", namespace: "ml", name: "fraud" },
      { group, resource: "registeredmodels", verb: "list", namespace: "ml" },
    ]);
  });

  it("is not asked for one model where all are allowed", async () => {
    const api = reviewer((asked) => asked === "ml/*");
    const { access } = await kubernetesOf(api)("t");
    const answers = [await access.mayKeep("get", "artifacts"), await access.mayKeep("get", "artifacts", "fraud")];
    expect(answers).toEqual([true, true]);
    expect(api.asked.filter((asked) => asked.startsWith("ml/"))).toEqual(["ml/*"]);
  });
});
