import { expect, it } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };

it("pins Connect exactly: what is used of its protocol packages may change with any version", () => {
  const { dependencies } = packageJson;
  expect(dependencies["@connectrpc/connect"]).toMatch(/^\d+\.\d+\.\d+$/);
  expect(dependencies["@connectrpc/connect-node"]).toBe(dependencies["@connectrpc/connect"]);
});
