import type { DescFile } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { valueUnder } from "../../base/value-under.ts";
import { contractOf, hasContract } from "../../contract/contract.ts";
import { contractNames, modelOfFile, modelOfSymbol } from "../../contract/contract-names.ts";
import { descriptorOf } from "../../contract/descriptor.ts";
import type { PackageRoots } from "../../contract/file-options.ts";
import { type Access, visibleSnapshot } from "../../registry/access.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { Registry, Snapshot } from "../../registry/registry.ts";
import { accessOf } from "../call.ts";
import { currentAccess } from "../caller-lease.ts";
import { createFileIndex, type FileIndex } from "../rpc/reflection-service.ts";
import { scopeOf, shownRef, typedModel } from "./typed-model.ts";

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

/**
 * The files of an index and those of the typed services. Names are looked up in the registry each time, so that
 * reflection shows what is registered now. Of the contracts of a model one is listed, and each is found by its name.
 */
function withTypedServices(fixed: FileIndex, snapshot: Snapshot, roots?: PackageRoots): FileIndex {
  const typedFile = (ref: ModelRef | undefined): DescFile | undefined => {
    const model = ref === undefined ? undefined : typedModel(snapshot, ref);
    const contract = model === undefined ? undefined : contractOf(model, roots, scopeOf(ref!));
    return contract === undefined ? undefined : descriptorOf(contract);
  };
  let services: readonly string[] | undefined;
  const allServices = (): readonly string[] => {
    const models = [...snapshot.models.values()].filter(hasContract);
    const refs = models.map(shownRef);
    return [...fixed.services, ...refs.map(({ name, namespace }) => contractNames(name, namespace).service)].sort();
  };
  return {
    get services() {
      services ??= allServices();
      return services;
    },
    byName: {
      get: (fileName) => fixed.byName.get(fileName) ?? typedFile(modelOfFile(fileName)),
    },
    bySymbol: {
      get(symbol) {
        const fixedFile = fixed.bySymbol.get(symbol);
        if (fixedFile !== undefined) return fixedFile;
        const file = typedFile(modelOfSymbol(symbol));
        // What is in its package need not be in the file.
        return file === undefined ? undefined : indexOf(file).bySymbol.get(symbol);
      },
    },
  };
}

const indexes = new WeakMap<DescFile, FileIndex>();

function indexOf(file: DescFile): FileIndex {
  return valueUnder(indexes, file, () => createFileIndex([file]));
}
