import type { DescFile } from "@bufbuild/protobuf";
import { contractOf, hasContract } from "../../contract/contract.ts";
import { contractNames, modelOfFile, modelOfSymbol } from "../../contract/contract-names.ts";
import { descriptorOf } from "../../contract/descriptor.ts";
import type { PackageRoots } from "../../contract/file-options.ts";
import type { Snapshot } from "../../registry/registry.ts";
import { createFileIndex, type FileIndex } from "../rpc/reflection-service.ts";

/**
 * The files of an index and those of the typed services. Names are looked up in the registry each time, so that
 * reflection tells what is registered now.
 */
export function withTypedServices(fixed: FileIndex, { names, models }: Snapshot, roots?: PackageRoots): FileIndex {
  const typedFile = (name: string | undefined): DescFile | undefined => {
    const model = name === undefined ? undefined : models.get(name);
    const contract = model === undefined ? undefined : contractOf(model, roots);
    return contract === undefined ? undefined : descriptorOf(contract);
  };
  let services: readonly string[] | undefined;
  const allServices = (): readonly string[] => {
    const typed = names.filter((name) => hasContract(models.get(name)!)).map((name) => contractNames(name).service);
    return [...fixed.services, ...typed].sort();
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
