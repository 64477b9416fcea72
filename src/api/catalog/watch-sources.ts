import type { CatalogSnapshot } from "../../catalog/snapshot.ts";
import type { CatalogSources } from "../../catalog/sources/catalog-sources.ts";

/**
 * Yields the current snapshot, and a new one after every change. A slow reader gets only the latest. Ends with the
 * signal.
 */
export async function* watchSources(
  sources: Pick<CatalogSources, "snapshot" | "watch">,
  signal: AbortSignal,
): AsyncGenerator<CatalogSnapshot> {
  let wake = (): void => {};
  let sent: CatalogSnapshot | undefined;
  const unwatch = sources.watch(() => wake());
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const { snapshot } = sources;
      if (snapshot === sent) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          // It may have changed, or the signal aborted, before the listeners were added.
          if (signal.aborted || sources.snapshot !== sent) resolve();
        });
        continue;
      }
      sent = snapshot;
      yield snapshot;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    unwatch();
  }
}
