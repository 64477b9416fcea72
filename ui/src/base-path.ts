/**
 * Where the page and the service are, whatever prefix a proxy puts before them: the scripts of the page lie in
 * `…/ui/assets/`, and the service answers beside `ui/`.
 */
const scripts = new URL(/* @vite-ignore */ ".", import.meta.url);

/** The path of the page: `/ui/`, `/some/prefix/ui/`. */
export const pagePath: string = new URL("..", scripts).pathname;

/** The address of the service, without a slash at the end. */
export const serviceUrl: string = new URL("../..", scripts).href.replace(/\/$/, "");

/** The address of the page's sign. */
export const iconUrl: string = `${pagePath}icon.svg`;
