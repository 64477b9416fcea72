import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type BrowserContext, chromium } from "playwright-core";
import type { PageCalls } from "./page.ts";

/** Calls from a page of one origin. */
export interface Page {
  /** `http://127.0.0.1:34567`. */
  readonly origin: string;
  /** Makes one of the calls of `page.ts` in the page. Rejects as it does there: `TypeError: Failed to fetch`. */
  call<Name extends keyof PageCalls>(
    name: Name,
    ...args: Parameters<PageCalls[Name]>
  ): Promise<Awaited<ReturnType<PageCalls[Name]>>>;
}

export interface Browser {
  readonly version: string;
  /** Opens a page of an origin of its own. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** Nothing but what a page asks for goes out. */
const args = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Starts Debian's Chromium with a profile that is thrown away. */
export async function startBrowser(): Promise<Browser> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "page.ts")],
    bundle: true,
    format: "iife",
    platform: "browser",
    write: false,
    logLevel: "warning",
  });
  const script = outputFiles[0]!.text;
  const profile = await mkdtemp(join(tmpdir(), "registry-browser-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", args });
  const closers: (() => Promise<unknown>)[] = [];
  return {
    version: context.browser()?.version() ?? "",
    async open() {
      const origin = await servePage(script, closers);
      return openPage(context, origin);
    },
    async close() {
      await context.close();
      for (const close of closers) await close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

async function servePage(script: string, closers: (() => Promise<unknown>)[]): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function openPage(context: BrowserContext, origin: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  return {
    origin,
    call: (name, ...callArgs) =>
      page.evaluate(
        ([called, given]) =>
          (globalThis as never as { calls: Record<string, (...a: unknown[]) => never> }).calls[called]!(...given),
        [name as string, callArgs as unknown[]] as const,
      ) as never,
  };
}
