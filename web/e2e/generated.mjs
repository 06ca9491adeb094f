// Pipelines that several stories begin with.

/** A line whose every revision is a new version of its `settings`, and that ends in an environment. `jobs` is the text below `jobs:`. */
export function levelledLine({ name, project, environment, jobs }) {
  const head = (level) => `pipeline: ${name}\nproject: ${project}\nresources:\n  settings: { type: params, values: { LEVEL: ${level} } }\n  ${environment}: { type: environment }\n`;
  return (level) => `${head(level)}jobs:\n${jobs}`;
}

/** `count` jobs in `width` rows behind one gate, so that its size is shown and nothing of it runs. */
export function manyJobs(name, count, width) {
  const lines = [`pipeline: ${name}`, "resources:", "  settings: { type: params, values: { LEVEL: one } }", "  button: { type: trigger }", "  production: { type: environment }", "jobs:"];
  lines.push("  begin:", "    inputs: [settings]", "    approval: { require: [{ from: ['role:admin'], count: 1 }] }");
  for (let at = 0; at < count - 1; at += 1) {
    const row = at % width;
    const before = at < width ? "begin" : jobName(at - width);
    const also = at >= width && row > 0 && at % 7 === 0 ? `, ${jobName(at - width - 1)}` : "";
    const out = at + width >= count - 1 && row === 0 ? ", outputs: [production]" : "";
    lines.push(`  ${jobName(at)}: { after: [${before}${also}], inputs: [settings]${out}, steps: [{ run: 'true' }] }`);
  }
  return `${lines.join("\n")}\n`;
}

function jobName(at) {
  return `station-${at}`;
}
