/** Between two lines of progress. */
const intervalMs = 2000;

/** Writes lines about long work, not more often than every two seconds; the first after so long. */
export function createTicker(
  stream: NodeJS.WritableStream,
  now: () => number = () => performance.now(),
): (line: () => string) => void {
  let last = now();
  return (line) => {
    if (now() - last < intervalMs) return;
    last = now();
    stream.write(`${line()}\n`);
  };
}
