/**
 * Is loaded into a service by `--import`, with `--expose-gc`. Answers every message with the memory of buffers, in bytes, once
 * the garbage among young objects has been collected.
 */
import { setTimeout as sleep } from "node:timers/promises";

process.on("message", async () => {
  // What survives twice is not young any more.
  for (let i = 0; i < 3; i++) {
    gc?.({ type: "minor" });
    // Another thread frees the memory of buffers.
    await sleep(20);
  }
  process.send?.({ buffers: process.memoryUsage().arrayBuffers });
});
process.channel?.unref();
