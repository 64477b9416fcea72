import type { DescFile } from "@bufbuild/protobuf";
import { contractOf, hasContract } from "../../contract/contract.ts";
import { contractNames, modelOfFile, modelOfSymbol } from "../../contract/contract-names.ts";
import { descriptorOf } from "../../contract/descriptor.ts";
import type { PackageRoots } from "../../contract/file-options.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import type { Snapshot } from "../../registry/registry.ts";
import { createFileIndex, type FileIndex } from "../rpc/reflection-service.ts";
import { scopeOf, shownRef, typedModel } from "./typed-model.ts";

/**
 * The files of an index and those of the typed services. Names are looked up in the registry each time, so that
 * reflection shows what is registered now. Of the contracts of a model one is listed, and each is found by its name.
 */
export function withTypedServices(fixed: FileIndex, snapshot: Snapshot, roots?: PackageRoots): FileIndex {
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
  let index = indexes.get(file);
  if (index === undefined) {
    index = createFileIndex([file]);
    indexes.set(file, index);
  }
  return index;
}
