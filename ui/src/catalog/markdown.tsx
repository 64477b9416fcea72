import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

/** Of a longer text the beginning is shown, so that no text holds the browser up. */
const maxLength = 200_000;

/** Where a link may lead. */
const outside = /^https?:\/\//i;

/** What of a tree of HTML is looked at here. */
interface Node {
  type: string;
  tagName?: string;
  children?: Node[];
}

/**
 * A text in Markdown, written by anybody. It becomes elements of React, never HTML: tags in it are left out, pictures are
 * shown by their words, so that nothing is fetched from elsewhere, and a link says where it leads.
 */
export function Markdown({ text, below }: { text: string; below: 1 | 2 | 3 }) {
  return (
    <div className="kmr-markdown pf-v6-c-content">
      <ReactMarkdown
        skipHtml
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[[headingsBelow, below]]}
        urlTransform={(url) => (outside.test(url) ? url : "")}
        components={components}
      >
        {text.slice(0, maxLength)}
      </ReactMarkdown>
      {text.length > maxLength && <p className="kmr-quiet">The text is longer; this is its beginning.</p>}
    </div>
  );
}

const components: Components = {
  a: ({ href, children }) =>
    href === undefined || href === "" ? (
      <span>{children}</span>
    ) : (
      <>
        <a href={href} target="_blank" rel="noopener noreferrer nofollow">
          {children}
        </a>{" "}
        <span className="kmr-quiet">({hostOf(href)})</span>
      </>
    ),
  img: ({ alt }) => <em>{alt || "a picture"}</em>,
  // What is wider than the page scrolls by itself, and is reached by keyboard.
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <pre tabIndex={0}>{children}</pre>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="kmr-rows-frame" tabIndex={0} aria-label="Table">
      <table className="kmr-markdown-table">{children}</table>
    </section>
  ),
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
};

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return "an invalid address";
  }
}

/** Puts the headings of a text below one of the page, whatever levels its author began with, and without a gap. */
function headingsBelow(level: number): (tree: Node) => void {
  return (tree) => {
    let before = level;
    const visit = (node: Node): void => {
      if (node.tagName !== undefined && /^h[1-6]$/.test(node.tagName)) {
        before = Math.min(Number(node.tagName[1]) + level, before + 1, 6);
        node.tagName = `h${before}`;
      }
      for (const child of node.children ?? []) visit(child);
    };
    visit(tree);
  };
}
