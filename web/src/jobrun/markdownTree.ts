// A small part of Markdown, read into a tree: headings, paragraphs, lists, quotes, code, tables, links. What it does not know stays text; it
// makes no markup, so nothing that a job writes can become any.

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "emphasis"; children: Inline[] }
  | { kind: "link"; href: string; children: Inline[] };

export type MarkdownBlock =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph" | "quote"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

/** Longer texts are cut: a summary is read, not stored here. */
export const LONGEST = 200_000;

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|(?<![\w*])[*_]([^*_]+)[*_](?![\w*])|\[([^\]]+)\]\(([^()\s]+)\)|(https?:\/\/[^\s<>()]+)/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;

export function readMarkdown(source: string): MarkdownBlock[] {
  const lines = source.slice(0, LONGEST).replaceAll("\r\n", "\n").split("\n");
  const blocks: MarkdownBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = readBlock(lines, at);
    if (block !== null) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** Headings below the screen's own, from the second level on, none more than one level below the one before. */
export function nestHeadings(blocks: readonly MarkdownBlock[]): MarkdownBlock[] {
  const highest = Math.min(...blocks.flatMap((block) => (block.kind === "heading" ? [block.level] : [])));
  let before = 1;
  return blocks.map((block) => {
    if (block.kind !== "heading") return block;
    before = Math.min(6, before + 1, block.level - highest + 2);
    return { kind: "heading", level: before, children: block.children };
  });
}

function readBlock(lines: readonly string[], at: number): [MarkdownBlock | null, number] {
  const line = lines[at] ?? "";
  if (line.trim() === "") return [null, at + 1];
  const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
  if (fence !== undefined) return readFence(lines, at + 1, fence);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1]?.length ?? 1, children: readInline(heading[2] ?? "") }, at + 1];
  if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) return [{ kind: "rule" }, at + 1];
  if (line.includes("|") && /^\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) return readTable(lines, at);
  if (ITEM.test(line)) return readList(lines, at);
  const quote = line.startsWith(">");
  const end = lines.findIndex((each, place) => place > at && (each.trim() === "" || /^(#{1,6}\s|```|~~~)/.test(each) || ITEM.test(each) || each.startsWith(">") !== quote));
  const taken = lines.slice(at, end < 0 ? undefined : end);
  const text = taken.map((each) => (quote ? each.replace(/^>\s?/, "") : each)).join(" ");
  return [{ kind: quote ? "quote" : "paragraph", children: readInline(text) }, at + taken.length];
}

function readFence(lines: readonly string[], at: number, fence: string): [MarkdownBlock, number] {
  const end = lines.findIndex((line, place) => place >= at && line.trim().startsWith(fence));
  const taken = lines.slice(at, end < 0 ? undefined : end);
  return [{ kind: "code", text: taken.join("\n") }, at + taken.length + 1];
}

function readList(lines: readonly string[], at: number): [MarkdownBlock, number] {
  const items: Inline[][] = [];
  let next = at;
  for (let found = ITEM.exec(lines[next] ?? ""); found; found = ITEM.exec(lines[next] ?? "")) {
    items.push(readInline(found[2] ?? ""));
    next += 1;
  }
  return [{ kind: "list", ordered: ITEM.exec(lines[at] ?? "")?.[1] !== undefined, items }, next];
}

function readTable(lines: readonly string[], at: number): [MarkdownBlock, number] {
  const cells = (line: string): Inline[][] => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => readInline(cell.trim()));
  let next = at + 2;
  const rows: Inline[][][] = [];
  for (; (lines[next] ?? "").includes("|"); next += 1) rows.push(cells(lines[next] ?? ""));
  return [{ kind: "table", head: cells(lines[at] ?? ""), rows }, next];
}

/** Only addresses that lead to a page: a script's address stays text. */
export function isSafeAddress(href: string): boolean {
  return /^(https?:\/\/|#|\/(?!\/))/.test(href);
}

export function readInline(text: string): Inline[] {
  const found = INLINE.exec(text);
  if (found === null) return text === "" ? [] : [{ kind: "text", text }];
  const before = text.slice(0, found.index);
  return [...(before === "" ? [] : [{ kind: "text" as const, text: before }]), inlineOf(found), ...readInline(text.slice(found.index + found[0].length))];
}

function inlineOf([whole, code, strong, emphasis, label, href, bare]: RegExpExecArray): Inline {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", children: readInline(strong) };
  if (emphasis !== undefined) return { kind: "emphasis", children: readInline(emphasis) };
  if (label !== undefined && href !== undefined && isSafeAddress(href)) return { kind: "link", href, children: [{ kind: "text", text: label }] };
  if (bare !== undefined) return { kind: "link", href: bare, children: [{ kind: "text", text: bare }] };
  return { kind: "text", text: whole };
}
