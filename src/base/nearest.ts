/**
 * The known word that a misspelt one was probably meant to be: the nearest by edit distance, if it is
 * within a third of its length.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return nearestOf(word, known, 1)[0];
}

/** The same with further words, the nearest first, and those of one distance in the order in which they are known. */
export function nearestOf(word: string, known: readonly string[], maxWords: number): readonly string[] {
  // Beyond this the distance is costly and no word is near anyway.
  if (word.length > 64) return [];
  return known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, candidate.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, maxWords)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions, substitutions and swaps of neighbours, each counted as one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforePrevious[j - 2]! + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
