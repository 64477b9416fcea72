import type { DescFile } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { PackageRoots } from "../../contract/file-options.ts";
import { type Access, visibleSnapshot } from "../../registry/access.ts";
import type { Registry, Snapshot } from "../../registry/registry.ts";
import { accessOf } from "../call.ts";
import { currentAccess } from "../caller-lease.ts";
import { createFileIndex, type FileIndex } from "../rpc/reflection-service.ts";
import { withTypedServices } from "./typed-reflection.ts";

/** What a stream has last been shown, and by what. */
interface Shown {
  readonly access: Access;
  readonly snapshot: Snapshot;
  readonly index: FileIndex;
}

/**
 * The files that the caller of a stream may see now: the fixed ones, and those of its models. What one question has found
 * out is good for the next, until models change or it has to be asked again who the caller is. The fixed ones are indexed
 * at the first question: few servers are asked, and every start would wait for it.
 */
export function createVisibleIndex(
  fixedFiles: readonly DescFile[],
  registry: Registry,
  roots: PackageRoots | undefined,
): (context: HandlerContext) => Promise<FileIndex> {
  let fixed: FileIndex | undefined;
  const shown = new WeakMap<HandlerContext, Shown>();
  return async (context) => {
    const last = shown.get(context);
    const access = await currentAccess(last?.access ?? accessOf(context));
    const { snapshot } = registry;
    if (last !== undefined && last.access === access && last.snapshot === snapshot) return last.index;
    fixed ??= createFileIndex(fixedFiles);
    const index = withTypedServices(fixed, await visibleSnapshot(snapshot, access), roots);
    shown.set(context, { access, snapshot, index });
    return index;
  };
}
