const STEP = 2;

/** How far a new line is indented, from the one before it: deeper after `key:` and `|`, level with the key after `- key: value`. */
export function indentAfter(line: string): number {
  const dashes = /^\s*(?:-\s+)*/.exec(line)?.[0].length ?? 0;
  const rest = line.slice(dashes).replace(/\s+#.*$/, "").trimEnd();
  if (rest === "" || rest.startsWith("#")) return line.length - line.trimStart().length;
  const opens = /(?:^|[^:])(?::|:\s*[|>][+\-0-9]*)$/.test(rest) || /^[|>][+\-0-9]*$/.test(rest);
  if (opens) return dashes + STEP;
  return /^[^\s:]+:\s/.test(rest) ? dashes : line.length - line.trimStart().length;
}
