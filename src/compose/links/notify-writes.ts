import type { VersionStore } from "../../versions/ports.ts";

/** Kinds whose records say what a link leads to. */
const linkedKinds: readonly unknown[] = ["registeredModel", "modelVersion"];

/** The same store, which calls back after each write that may have changed what a link leads to. */
export function notifyingWrites(store: VersionStore, onWrite: () => void): VersionStore {
  const told = async <T>(concerns: boolean, written: Promise<T>): Promise<T> => {
    const result = await written;
    if (concerns) onWrite();
    return result;
  };
  return {
    ...store,
    create: (kind, ...rest) => told(linkedKinds.includes(kind), store.create(kind, ...rest)),
    update: (kind, ...rest) => told(linkedKinds.includes(kind), store.update(kind, ...rest)),
    upsert: (kind, ...rest) => told(linkedKinds.includes(kind), store.upsert(kind, ...rest)),
    delete: (kind, ...rest) => told(linkedKinds.includes(kind), store.delete(kind, ...rest)),
    registerVersion: (...args) => told(true, store.registerVersion(...args)),
    setAlias: (...args) => told(true, store.setAlias(...args)),
    deleteAlias: (...args) => told(true, store.deleteAlias(...args)),
    import: (...args) => told(true, store.import(...args)),
  };
}
