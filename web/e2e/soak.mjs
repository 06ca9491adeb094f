// Watches what the page keeps in memory while 50 events come every second: node e2e/soak.mjs [SECONDS] [EVENTS PER SECOND], with ANDON_URL
// and ANDON_SIGN_IN_LINK as for the tests; 120 seconds by default, 3600 for the whole hour. After each tenth it prints what the page holds
// once the garbage is gone, and ends with 1 where the last third holds more than a tenth and 2 MB above the second one.

import { ask, launchBrowser, openPage, serverUrl, setPipeline, signIn } from "./browser.mjs";
import { sendEvents } from "./events.mjs";

const seconds = Number(process.argv[2] ?? 120);
const rate = Number(process.argv[3] ?? 50);
const url = serverUrl();
const browser = await launchBrowser();

const TEXT = `pipeline: soaked
resources:
  wind: { type: params, values: { LEVEL: one } }
  button: { type: trigger }
jobs:
  build: { inputs: [wind], steps: [{ run: 'true' }] }
`;

try {
  const { page, faults } = await openPage(browser, new URL(url).origin);
  await signIn(page);
  await setPipeline(page, "soaked", TEXT);
  const token = (await ask(page, "POST", "me/tokens", JSON.stringify({ name: "soak" }))).secret;
  await page.goto(`${url}/w/main/pipelines/soaked`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const sender = sendEvents({ url, token, resource: "soaked/button", rate });
  const held = [];
  const tenth = (seconds * 1000) / 10;
  for (let part = 0; part <= 10; part += 1) {
    held.push(await weigh(session));
    const { megabytes, nodes, listeners } = held.at(-1);
    process.stdout.write(`after ${((part * tenth) / 1000).toFixed(0)} s and ${sender.sent} events: ${megabytes.toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners\n`);
    if (part < 10) await page.waitForTimeout(tenth);
  }
  await sender.stop();
  process.stdout.write(`${(sender.sent / seconds).toFixed(1)} events per second\n`);
  const [before, after] = [middle(held.slice(4, 7)), middle(held.slice(8))];
  const grows = after > before * 1.1 + 2;
  process.stdout.write(`${grows ? "It grows" : "It is stable"}: ${before.toFixed(1)} MB in the middle, ${after.toFixed(1)} MB at the end\n`);
  for (const fault of faults) process.stdout.write(`fault: ${fault}\n`);
  process.exitCode = grows || faults.length > 0 ? 1 : 0;
} finally {
  await browser.close();
}

function middle(parts) {
  return parts.map(({ megabytes }) => megabytes).toSorted((one, other) => one - other)[Math.floor(parts.length / 2)];
}

async function weigh(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  return { megabytes: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes"), listeners: of("JSEventListeners") };
}
