/** The bytes of an HTTP/1.1 answer. `contentLength` lies where it is given. */
export function answerBytes(status: number, body: string, contentLength = Buffer.byteLength(body)): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${contentLength}\r\n\r\n${body}`,
  );
}

/**
 * The KServe v1 answer to a KServe v1 request: each row is predicted as its first number, so that an answer that belongs
 * to another request is noticed.
 */
export function predictionBody(request: Buffer): string {
  const { instances } = JSON.parse(withoutNaN(request.toString())) as { instances: unknown[] };
  return JSON.stringify({ predictions: instances.map(firstNumber) });
}

/** KServe's servers, which are written in Python, take these bare words for numbers. */
function withoutNaN(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (part) => (part.startsWith('"') ? part : "null"));
}

function firstNumber(row: unknown): number {
  if (typeof row === "number") return row;
  if (Array.isArray(row) && typeof row[0] === "number") return row[0];
  return 0;
}
