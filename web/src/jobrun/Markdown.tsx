import { createElement, type ReactNode } from "react";
import { nestHeadings, readMarkdown, type Inline, type MarkdownBlock } from "./markdownTree";
import styles from "./Markdown.module.css";

/** What a job wrote for people. Its headings begin below the screen's own. */
export function Markdown({ source }: { source: string }) {
  return (
    <div className={styles.markdown}>
      {nestHeadings(readMarkdown(source)).map((block, at) => (
        // oxlint-disable-next-line no-array-index-key -- the blocks of one text never move
        <Block key={at} block={block} />
      ))}
    </div>
  );
}

function Block({ block }: { block: MarkdownBlock }): ReactNode {
  switch (block.kind) {
    case "heading":
      return createElement(`h${block.level}`, null, <Inlines of={block.children} />);
    case "paragraph":
      return (
        <p>
          <Inlines of={block.children} />
        </p>
      );
    case "quote":
      return (
        <blockquote>
          <Inlines of={block.children} />
        </blockquote>
      );
    case "code":
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      );
    case "list":
      return createElement(
        block.ordered ? "ol" : "ul",
        null,
        block.items.map((item, at) => (
          // oxlint-disable-next-line no-array-index-key -- the items of one text never move
          <li key={at}>
            <Inlines of={item} />
          </li>
        )),
      );
    case "table":
      return <Table head={block.head} rows={block.rows} />;
    case "rule":
      return <hr />;
  }
}

function Table({ head, rows }: { head: Inline[][]; rows: Inline[][][] }) {
  return (
    <table>
      <thead>
        <tr>
          {head.map((cell, at) => (
            // oxlint-disable-next-line no-array-index-key -- the cells of one text never move
            <th key={at} scope="col">
              <Inlines of={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          // oxlint-disable-next-line no-array-index-key -- the rows of one text never move
          <tr key={at}>
            {row.map((cell, place) => (
              // oxlint-disable-next-line no-array-index-key -- the cells of one text never move
              <td key={place}>
                <Inlines of={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ of }: { of: readonly Inline[] }): ReactNode {
  // oxlint-disable-next-line no-array-index-key -- the pieces of one text never move
  return of.map((piece, at) => <Piece key={at} piece={piece} />);
}

function Piece({ piece }: { piece: Inline }): ReactNode {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "code":
      return <code>{piece.text}</code>;
    case "strong":
      return (
        <strong>
          <Inlines of={piece.children} />
        </strong>
      );
    case "emphasis":
      return (
        <em>
          <Inlines of={piece.children} />
        </em>
      );
    case "link":
      return (
        <a href={piece.href} rel="noopener noreferrer">
          <Inlines of={piece.children} />
        </a>
      );
  }
}
