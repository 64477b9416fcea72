/** Counts a call of a connection until it closes. False where there is no room for it: it is to be refused. */
export type CountCall = (connection: object, call: { on(event: "close", listener: () => void): unknown }) => boolean;

/**
 * Bounds how many calls are under way over all connections: each takes some KiB before a byte of its body is there, and
 * many connections of many streams would take all the memory there is. Beyond half of the limit a connection may have its
 * share of that half, and beyond all of it one call, so that a connection with many calls does not keep the others out.
 */
export function createCallLimit(maxCalls: number): CountCall {
  const counts = new Map<object, number>();
  let total = 0;
  const isWelcome = (own: number): boolean => {
    if (own === 0 || total < maxCalls / 2) return true;
    return total < maxCalls && own < maxCalls / 2 / counts.size;
  };
  return (connection, call) => {
    const own = counts.get(connection) ?? 0;
    if (!isWelcome(own)) return false;
    total++;
    counts.set(connection, own + 1);
    // It closes once. A listener that takes itself away costs more than the counting.
    call.on("close", () => {
      total--;
      const left = counts.get(connection)! - 1;
      if (left === 0) counts.delete(connection);
      else counts.set(connection, left);
    });
    return true;
  };
}
