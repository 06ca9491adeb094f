// A pipeline of many jobs behind one gate, so that its size is shown and nothing of it runs.

/** `count` jobs in `width` rows. */
export function manyJobs(name, count, width) {
  const lines = [`pipeline: ${name}`, "resources:", "  settings: { type: params, values: { LEVEL: one } }", "  production: { type: environment }", "jobs:"];
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
