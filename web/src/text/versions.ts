/** The middle gives way so that both ends of a long name stay readable. */
export function truncateMiddle(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - 1 - head))}`;
}

/** A version in few characters: its telling key, hashes cut to eight. */
export function formatVersion(values: Record<string, string>): string {
  for (const key of ["commit", "digest"]) {
    const value = values[key];
    if (value !== undefined) return value.replace(/^sha256:/, "").slice(0, 8);
  }
  for (const key of ["number", "tag", "at", "n", "revision"]) {
    const value = values[key];
    if (value !== undefined) return value;
  }
  const pairs = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "empty" : truncateMiddle(pairs.join(" "), 40);
}

/** Every key of a version, one to a line, for titles. */
export function describeVersion(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n");
}
