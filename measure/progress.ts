/** Prints how far a run is, each line with the seconds since its start. */
export function createProgress(): (text: string) => void {
  const started = performance.now();
  return (text) => {
    console.log(`${String(Math.round((performance.now() - started) / 1000)).padStart(5)} s  ${text}`);
  };
}
