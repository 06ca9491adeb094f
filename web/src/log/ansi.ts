// Colours of terminals. Everything that is not a colour or bold is dropped: a log is read, not replayed.

export interface Piece {
  text: string;
  /** Class suffixes: `bold`, `red`, `bright-red`, … */
  style: readonly string[];
}

export interface Pen {
  bold: boolean;
  colour: string | null;
}

export const PLAIN: Pen = { bold: false, colour: null };

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
// A select-graphic-rendition sequence, any other control sequence, an operating system command, or a lone control character.
// oxlint-disable-next-line no-control-regex
const CONTROL = /\u001b\[([0-9;]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[\u0000-\u0008\u000b-\u001f\u007f]/g;

// Most lines hold none: looking is cheaper than taking apart.
// oxlint-disable-next-line no-control-regex
const HAS_CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** What a sequence such as `1;31` makes of the pen. */
export function movePen(pen: Pen, codes: string): Pen {
  let next = pen;
  const numbers = codes.split(";").map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    if (code === 0) next = PLAIN;
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 22) next = { ...next, bold: false };
    else if (code === 39) next = { ...next, colour: null };
    else if (code >= 30 && code <= 37) next = { ...next, colour: COLOURS[code - 30] ?? null };
    else if (code >= 90 && code <= 97) next = { ...next, colour: COLOURS[code - 90] ?? null };
    else if (code === 38 || code === 48) at += numbers[at + 1] === 5 ? 2 : 4; // A colour by number or by parts: its operands are no codes.
  }
  return next;
}

/** One line as pieces of one style each, and the pen that the next line begins with. */
export function readAnsi(line: string, pen: Pen): { pieces: Piece[]; pen: Pen } {
  if (!HAS_CONTROL.test(line)) return { pieces: line === "" ? [] : [{ text: line, style: styleOf(pen) }], pen };
  const pieces: Piece[] = [];
  let current = pen;
  let from = 0;
  const push = (until: number): void => {
    if (until > from) pieces.push({ text: line.slice(from, until), style: styleOf(current) });
  };
  for (const found of line.matchAll(CONTROL)) {
    push(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) current = movePen(current, found[1]);
  }
  push(line.length);
  return { pieces, pen: current };
}

function styleOf(pen: Pen): string[] {
  const style = pen.bold ? ["bold"] : [];
  return pen.colour === null ? style : [...style, pen.colour];
}
