const limitMs = 60_000;

/** What came back, or why nothing did. An attack is over in any case. */
export function inTime(answer: Promise<string>, ms = limitMs): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`nothing within ${ms / 1000} s`), ms);
  });
  return Promise.race([answer.catch((error: Error) => `no answer: ${error.message}`), late]).finally(() =>
    clearTimeout(timer),
  );
}
