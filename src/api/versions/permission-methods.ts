import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type Permission,
  PermissionResultSchema,
  TestPermissionsResponseSchema,
  type VersionRegistry,
} from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { type RecordVerb, recordVerbs } from "../../registry/access.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { accessOf } from "../call.ts";
import { applyDisabledWords } from "./deployment-methods.ts";
import type { Keeper } from "./keeper.ts";
import { recordResources } from "./record-scope.ts";

/** Each may be a question to the Kubernetes API server. */
const maxPermissions = 32;
const maxNameLength = 255;

/**
 * The RPC that says what a caller may do.
 *
 * @param applies whether deployments are applied from here
 */
export function permissionMethods(
  keeperOf: (context: HandlerContext) => Keeper,
  applies: boolean,
): Pick<ServiceImpl<typeof VersionRegistry>, "testPermissions"> {
  const deploymentsReason = applies ? undefined : applyDisabledWords;
  return {
    async testPermissions({ name, permissions }, context) {
      if (name.length > maxNameLength) throw invalidField("name", `longer than ${maxNameLength} characters`);
      if (permissions.length === 0 || permissions.length > maxPermissions) {
        throw invalidField("permissions", `expected 1 to ${maxPermissions}, found ${permissions.length}`);
      }
      const keeper = keeperOf(context);
      const asked = permissions.map((permission, i) => ({ permission, ...checked(permission, i) }));
      const results = await Promise.all(
        asked.map(async ({ permission, resource, verb }) => {
          const reason = resource === "deployments" ? deploymentsReason : await keeper.whyNot(verb, resource, name);
          return create(PermissionResultSchema, { permission, allowed: reason === undefined, reason: reason ?? "" });
        }),
      );
      return create(TestPermissionsResponseSchema, { results, caller: accessOf(context).caller ?? "" });
    },
  };
}

function checked({ resource, verb }: Permission, i: number): { resource: string; verb: RecordVerb } {
  const at = `permissions[${i}]`;
  const resources = [...recordResources, "deployments"];
  if (!resources.includes(resource)) throw invalidField(`${at}.resource`, `expected one of ${resources.join(", ")}`);
  const verbs = resource === "deployments" ? (["create"] as const) : recordVerbs;
  const known = verbs.find((one) => one === verb);
  if (known === undefined) throw invalidField(`${at}.verb`, `expected one of ${verbs.join(", ")}`);
  return { resource, verb: known };
}
