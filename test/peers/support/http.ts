/** An answer of the plain HTTP surface. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Posts JSON text as it is: numbers that JavaScript would round stay as they are written. */
export async function postJson(url: string, body: string): Promise<HttpAnswer> {
  return answer(await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }));
}

/** Gets a page. */
export async function get(url: string): Promise<HttpAnswer> {
  return answer(await fetch(url));
}

async function answer(response: Response): Promise<HttpAnswer> {
  return { status: response.status, body: await response.text(), headers: response.headers };
}
