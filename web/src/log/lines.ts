// A log as it grows: bytes in, numbered lines out, in blocks that never change once they are full.

import { PLAIN, readAnsi, type Pen, type Piece } from "./ansi";

export interface Line {
  number: number;
  kind: "plain" | "group" | "error" | "warning";
  /** Without its colours, for search and copying. */
  text: string;
  pieces: readonly Piece[];
  /** The number of the line that opens the group in which it stands; null outside, and for the opening line itself. */
  group: number | null;
  /** Bytes of the log before it. */
  offset: number;
}

/** What is known of a group, by the number of the line that opens it. */
export interface Group {
  closed: boolean;
  failed: boolean;
}

export interface Block {
  /** The number of its first line. */
  first: number;
  lines: readonly Line[];
}

/** Enough for what a person reads; older lines give way and the page says so. */
export const KEPT_BLOCKS = 1000;
export const BLOCK_LINES = 250;

const COMMAND = /^::(group|endgroup|error|warning)(?: [^:]*)?::(.*)$/;

/** The text without the bytes of a character that is cut at the end. */
export function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** How long a text is as UTF-8, which is what the server counts. */
export function byteLength(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Half of a pair stands for two of its character's four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

/** Collects text into lines. `blocks` is a new array after every change, as a screen needs it. */
export class LogLines {
  blocks: readonly Block[] = [];
  /** Lines that gave way. */
  dropped = 0;
  /** Renewed when a group opens, closes or turns out to have failed. */
  groups: ReadonlyMap<number, Group> = new Map();
  private open: number | null = null;
  private rest = "";
  private next = 1;
  private offset = 0;
  private pen: Pen = PLAIN;

  /** Takes more text; what follows the last line break waits for its end. */
  append(text: string): void {
    const parts = (this.rest + text).split("\n");
    this.rest = parts.pop() ?? "";
    this.addLines(parts);
  }

  /** No more comes: the last line needs no line break. */
  finish(): void {
    if (this.rest === "") return;
    const last = this.rest;
    this.rest = "";
    this.addLines([last]);
  }

  get lineCount(): number {
    return this.next - 1;
  }

  private addLines(texts: readonly string[]): void {
    const blocks = [...this.blocks];
    let tail = blocks.at(-1);
    let open = tail !== undefined && tail.lines.length < BLOCK_LINES ? [...tail.lines] : null;
    if (open !== null) blocks.pop();
    for (const text of texts) {
      const line = this.readLine(text);
      if (line === null) continue;
      open ??= [];
      open.push(line);
      if (open.length === BLOCK_LINES) {
        blocks.push({ first: open[0]?.number ?? 1, lines: open });
        open = null;
      }
    }
    if (open !== null) {
      tail = { first: open[0]?.number ?? 1, lines: open };
      blocks.push(tail);
    }
    const surplus = blocks.splice(0, Math.max(0, blocks.length - KEPT_BLOCKS));
    this.dropped += surplus.reduce((sum, block) => sum + block.lines.length, 0);
    this.blocks = blocks;
  }

  private readLine(raw: string): Line | null {
    const { offset } = this;
    this.offset += byteLength(raw) + 1;
    // A progress bar rewrites its line with carriage returns: its last state is what remains on a terminal.
    const text = raw.includes("\r") ? (raw.replace(/\r+$/, "").split("\r").at(-1) ?? "") : raw;
    const command = text.startsWith("::") ? COMMAND.exec(text) : null;
    if (command?.[1] === "endgroup") {
      this.mark({ closed: true });
      this.open = null;
      return null;
    }
    const { pieces, pen } = readAnsi(command?.[2] ?? text, this.pen);
    this.pen = pen;
    const kind = kindOf(command?.[1]);
    if (kind === "group") {
      // One group ends where the next begins.
      this.mark({ closed: true });
      this.open = this.next;
      this.mark({ closed: false });
    } else if (kind === "error") this.mark({ failed: true });
    const line: Line = { number: this.next, kind, text: textOf(pieces), pieces, group: kind === "group" ? null : this.open, offset };
    this.next += 1;
    return line;
  }

  private mark(change: Partial<Group>): void {
    if (this.open === null) return;
    const old = this.groups.get(this.open) ?? { closed: false, failed: false };
    this.groups = new Map(this.groups).set(this.open, { ...old, ...change });
  }
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.length === 1 ? (pieces[0]?.text ?? "") : pieces.map(({ text }) => text).join("");
}

function kindOf(command: string | undefined): Line["kind"] {
  return command === "group" || command === "error" || command === "warning" ? command : "plain";
}
