/** A pipeline's text under another name. Everything else in it stays as it was written. */
export function withPipelineName(text: string, name: string): string {
  const line = /^pipeline:[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[^\s#\n]*)/m;
  return line.test(text) ? text.replace(line, `pipeline: ${name}`) : `pipeline: ${name}\n${text}`;
}
