// Measures the page on a long history: node e2e/measure.mjs [RUNS], against a server of its own (scripts/bench-web.sh). Prints when the
// first content is painted and how long the slowest interaction takes, as the browser itself times them, beside the limits of the design;
// ends with 1 where one is exceeded. Each figure is the middle one of five.

import { ask, launchBrowser, openPage, serverUrl, signIn } from "./browser.mjs";
import { makeHistory } from "./history.mjs";

const TIMES = 5;
const LIMITS = { paint: 1000, interaction: 100 };
const runs = Number(process.argv[2] ?? 10_000);
const url = serverUrl();
const browser = await launchBrowser();
let exceeded = false;

try {
  const { context, page, faults } = await openPage(browser, new URL(url).origin);
  await signIn(page);
  const token = (await ask(page, "POST", "me/tokens", JSON.stringify({ name: "measure" }))).secret;
  const runnerToken = (await ask(page, "POST", "workspaces/main/tokens", JSON.stringify({ name: "measure-runner", role: "viewer", scopes: ["run"] }))).secret;
  const began = Date.now();
  const ended = await makeHistory(url, { token, runnerToken, runs });
  say(`history: ${runs} runs of ${ended} job runs, made in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  const storage = await context.storageState();
  for (const [name, path] of Object.entries({
    runs: "runs",
    monitor: "monitor?days=1",
    pipelines: "pipelines",
    "a line": "pipelines/history-1",
    settings: "settings/members",
  })) {
    await firstPaint(name, `${url}/w/main/${path}`, storage);
  }
  await interactions(page);
  for (const fault of faults) say(`fault: ${fault}`);
  exceeded ||= faults.length > 0;
} finally {
  await browser.close();
}
process.exitCode = exceeded ? 1 : 0;

function say(line) {
  process.stdout.write(`${line}\n`);
}

function judge(name, figures, limit) {
  const middle = figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)];
  if (middle > limit) exceeded = true;
  say(`${name}: ${middle.toFixed(0)} ms (${figures.map((each) => each.toFixed(0)).join(", ")}), at most ${limit} ms${middle > limit ? ": EXCEEDED" : ""}`);
}

/** With an empty cache each time: a new context with nothing but the session. */
async function firstPaint(name, address, storageState) {
  const paints = [];
  let answered = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const context = await browser.newContext({ storageState, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(address);
    await page.locator("main h1").waitFor();
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await page.waitForFunction(() => !document.querySelector("main")?.textContent.includes("Loading…"));
    answered = Math.max(answered, await page.evaluate(() => performance.now()));
    await context.close();
  }
  judge(`first contentful paint of ${name}`, paints, LIMITS.paint);
  say(`  ${name} with its answers, the slowest: ${answered.toFixed(0)} ms`);
}

/** From the press to the next picture, as the browser's event timing has it. */
async function interactions(page) {
  await page.goto(`${url}/w/main/runs`);
  await page.locator("tr[data-run]").first().waitFor();
  await page.evaluate(() => {
    globalThis.interactions = [];
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries()) if (interactionId > 0) globalThis.interactions.push(duration);
    }).observe({ type: "event", durationThreshold: 16, buffered: false });
  });
  const acts = {
    "another tab of the runs": async (time) => page.getByRole("navigation", { name: "Which runs" }).getByRole("link", { name: time % 2 ? "All" : "Failed" }).click(),
    "details of a run": async () => {
      await page.locator("tr[data-run]").nth(3).getByRole("button", { name: /^What can be done/ }).click();
      await page.getByRole("menuitem", { name: /details/i }).click();
    },
    "a filter": async (time) => page.getByLabel("Pipeline", { exact: true }).press(time % 2 ? "ArrowUp" : "ArrowDown"),
    "the palette": async () => {
      await page.keyboard.press("Control+k");
      await page.keyboard.type("history");
      await page.keyboard.press("Escape");
    },
    "another screen and back": async (time) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: time % 2 ? "Runs" : "Monitor" }).click(),
  };
  for (const [name, act] of Object.entries(acts)) {
    const longest = [];
    for (let time = 0; time < TIMES + 1; time += 1) {
      await page.evaluate(() => globalThis.interactions.splice(0));
      await act(time);
      // Entries are handed over after the frame; what took less than 16 ms has none.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 300))));
      longest.push(await page.evaluate(() => Math.max(16, ...globalThis.interactions)));
    }
    // The first time loads what the act needs.
    say(`  ${name}, the first time: ${longest[0].toFixed(0)} ms`);
    judge(`interaction: ${name}`, longest.slice(1), LIMITS.interaction);
  }
}
