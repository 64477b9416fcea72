import type { VersionStore } from "../../versions/ports.ts";

/** Kinds whose records say what a link leads to. */
const linkedKinds: readonly unknown[] = ["registeredModel", "modelVersion"];

/** The same store, which calls back after each write that may have changed what a link leads to. */
export function notifyingWrites(store: VersionStore, onWrite: () => void): VersionStore {
  const notified = async <T>(concerns: boolean, written: Promise<T>): Promise<T> => {
    const result = await written;
    if (concerns) onWrite();
    return result;
  };
  return {
    ...store,
    create: (kind, ...rest) => notified(linkedKinds.includes(kind), store.create(kind, ...rest)),
    update: (kind, ...rest) => notified(linkedKinds.includes(kind), store.update(kind, ...rest)),
    upsert: (kind, ...rest) => notified(linkedKinds.includes(kind), store.upsert(kind, ...rest)),
    delete: (kind, ...rest) => notified(linkedKinds.includes(kind), store.delete(kind, ...rest)),
    registerVersion: (...args) => notified(true, store.registerVersion(...args)),
    setAlias: (...args) => notified(true, store.setAlias(...args)),
    deleteAlias: (...args) => notified(true, store.deleteAlias(...args)),
    import: (...args) => notified(true, store.import(...args)),
  };
}
