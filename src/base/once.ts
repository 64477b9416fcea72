/** A function that does its work on the first call, and gives every later caller the result of that one. */
export function once<T>(work: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: work() };
    return result.value;
  };
}
