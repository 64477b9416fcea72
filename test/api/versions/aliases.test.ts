import type { HandlerContext } from "@connectrpc/connect";
import { expect, it } from "vitest";
import type { ListAliasesRequest } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { Keeper } from "../../../src/api/versions/keeper.ts";
import { registrationMethods } from "../../../src/api/versions/registration-methods.ts";
import { VersionsError } from "../../../src/versions/versions-error.ts";

it("aliases are listed without those of a version that is deleted meanwhile", async () => {
  const aliases = ["1", "2", "1"].map((modelVersionId, i) => {
    return { alias: `alias-${i}`, registeredModelId: "7", modelVersionId, updateTime: 0 };
  });
  const keeper = {
    get: async (kind: string, { id }: { id?: string }) => {
      if (id === "1") throw new VersionsError("NOT_FOUND", "gone", { kind: "modelVersion", key: { id } });
      return { id: "7", name: kind === "modelVersion" ? "2.0.0" : "disk" };
    },
    listAliases: async () => aliases,
  };
  const { listAliases } = registrationMethods(() => keeper as unknown as Keeper);
  const listed = await listAliases({ name: "disk" } as ListAliasesRequest, {} as HandlerContext);
  expect(listed.aliases).toMatchObject([{ alias: "alias-1", version: "2.0.0" }]);
});
