/** As much of a query as it takes to show its failure and to try it again. */
interface Query {
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/**
 * Of queries that wait for those before them, the one whose failure is to be shown and tried again: a query that waits
 * for a failed one never fails itself.
 */
export function failedQuery(...queries: readonly [Query, ...Query[]]): Query {
  return queries.find(({ error }) => error !== null) ?? queries[0];
}
