import { describe, expect, it } from "vitest";
import {
  changedConditions,
  type RegistrationOutcome,
  type RegistrationStatus,
  registrationStatus,
} from "../../src/controller/registration-status.ts";
import type { AddressRule, RegisteredModel } from "../../src/registry/model.ts";
import type { ModelState } from "../../src/registry/readiness.ts";

const early = "2026-01-01T00:00:00Z";
const late = "2026-01-02T00:00:00Z";

function accepted(rule: AddressRule, state: ModelState, reason = ""): RegistrationOutcome {
  const model = { name: "disks", address: { rule, url: "http://disks.storage" } } as RegisteredModel;
  return { accepted: true, model, readiness: { state, reason, checkTime: undefined } };
}

/** `type status reason` of each condition. */
function words({ conditions = [] }: RegistrationStatus): string[] {
  return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

describe("registrationStatus", () => {
  it.each([
    ["entry-url", "ready", ["Accepted True Accepted", "Resolved True Url", "Ready True Ready"]],
    [
      "inference-service",
      "not-ready",
      ["Accepted True Accepted", "Resolved True InferenceService", "Ready False NotReady"],
    ],
    ["url-format", "unreachable", ["Accepted True Accepted", "Resolved True ServiceName", "Ready False Unreachable"]],
    ["url-format", "unknown", ["Accepted True Accepted", "Resolved True ServiceName", "Ready Unknown NotChecked"]],
  ] as const)("says of an address by %s and a model that is %s what it means", (rule, state, expected) => {
    const status = registrationStatus(accepted(rule, state, "why"), 3, {}, early);
    expect(words(status)).toEqual(expected);
    expect(status).toMatchObject({ observedGeneration: 3, url: "http://disks.storage" });
    expect(status.conditions!.every(({ observedGeneration }) => observedGeneration === 3)).toBe(true);
    if (state !== "ready") expect(status.conditions![2]!.message).toBe("why");
  });

  it.each(["Invalid", "NameTaken"] as const)(
    "names every problem of one that is %s, and gives no address",
    (reason) => {
      const problems = [
        { field: "spec.modelType", message: "missing" },
        { field: "", message: "expected an object" },
      ];
      const status = registrationStatus({ accepted: false, reason, problems }, 1, {}, early);
      expect(words(status)).toEqual([
        `Accepted False ${reason}`,
        "Resolved Unknown NotAccepted",
        "Ready Unknown NotAccepted",
      ]);
      expect(status.conditions![0]!.message).toBe("spec.modelType: missing; expected an object");
      expect(status).not.toHaveProperty("url");
    },
  );

  it("keeps the time of a condition until its status changes", () => {
    const before = registrationStatus(accepted("url-format", "not-ready", "loading"), 1, {}, early);
    const after = registrationStatus(accepted("inference-service", "ready"), 2, before, late);
    expect(after.conditions!.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ["Accepted", early],
      ["Resolved", early],
      ["Ready", late],
    ]);
    expect(changedConditions(before, after).map(({ type }) => type)).toEqual(["Resolved", "Ready"]);
    expect(
      changedConditions(after, registrationStatus(accepted("inference-service", "ready"), 3, after, late)),
    ).toEqual([]);
  });

  it("cuts a message to what Kubernetes takes", () => {
    const status = registrationStatus(accepted("url-format", "not-ready", "x".repeat(40_000)), 1, {}, early);
    expect(status.conditions![2]!.message).toHaveLength(32_768);
  });
});
