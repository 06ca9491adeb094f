// Figures of a history that is known, and the way from each of them to its runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFaults, photograph, serverUrl, setPipeline, signIn, tellStory, waitForCount } from "./browser.mjs";

const LINE = (level) => `pipeline: watched-line
project: watched
resources:
  settings: { type: params, values: { LEVEL: ${level} } }
  live: { type: environment }
jobs:
  deploy:
    inputs: [settings]
    outputs: [live]
    steps:
      - run: test "$ANDON_INPUT_SETTINGS_LEVEL" != bad
`;

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const rows = () => page.locator("tr[data-run]");
const headline = (name) => page.locator("dl > div").filter({ has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) });

step("one of three deployments fails, and the next one mends it", async () => {
  await page.goto(`${url}/w/main/runs?pipeline=watched-line`);
  for (const [level, word, number] of [["one", "Completed", 1], ["bad", "Failed", 2], ["two", "Completed", 3]]) {
    await setPipeline(page, "watched-line", LINE(level));
    await rows().filter({ hasText: `watched-line #${number}` }).locator(`[data-status="${word}"]`).waitFor();
  }
});

step("the monitor counts them", async () => {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Monitor" }).click();
  await page.getByRole("heading", { name: "Monitor" }).waitFor();
  await page.getByLabel("Pipeline", { exact: true }).selectOption("watched-line");
  await page.getByLabel("Time").selectOption({ label: "Last 24 hours" });
  await page.waitForURL(/days=1/);
  // Until the answer is there, the figures are those of the choice before.
  await headline("Runs").getByRole("link").filter({ hasText: /^3$/ }).waitFor();
  assert.equal(await headline("Failed").getByRole("link").textContent(), "33 %");
  const live = page.locator('[data-environment="watched-line/live"]');
  assert.match((await live.textContent()).replace(/\s+/g, " "), /live watched-line2.*1 of 3.*33 %/);
  await page.locator("[data-charts] svg.recharts-surface").first().waitFor();
  assert.equal(await page.locator("[data-charts] figure").count(), 4);
  await photograph(page, "monitor");
  await page.getByText("The same as a table").click();
  await page.getByText("How delivery is counted").click();
  await photograph(page, "monitor-tables");
});

step("each figure leads to the runs that it counts", async () => {
  const counts = async (link, expected, chosen) => {
    await link.click();
    await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
    await waitForCount(rows(), expected.length);
    assert.deepEqual((await rows().allTextContents()).map((text) => Number(/watched-line #(\d+)/.exec(text)[1])), expected);
    if (chosen) await page.getByRole("button", { name: chosen }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Monitor" }).waitFor();
  };
  const live = page.locator('[data-environment="watched-line/live"]');
  await counts(headline("Runs").getByRole("link"), [3, 2, 1], /^Began since/);
  await counts(headline("Failed").getByRole("link"), [2]);
  await counts(live.getByTitle("See the runs that deployed", { exact: true }), [3, 1], /^Deployed into watched-line\/live/);
  await counts(live.getByTitle("See the failed changes"), [2], /^Failed changes of watched-line\/live/);
  await counts(live.getByTitle("See every attempt"), [3, 2, 1]);
  await counts(live.getByTitle("See the runs that ended these 1 incidents").first(), [3], /^Ended an incident/);
  await counts(headline("Duration P50").getByRole("link"), await slowest(), /^Took at least/);
});

/** The runs that are not among the quickest of three, as their own page data says. */
async function slowest() {
  const runs = await page.evaluate(async () => (await (await fetch("/api/v1/workspaces/main/runs?pipeline=watched-line")).json()).items);
  const lengths = runs.map(({ number, created_at: from, ended_at: to }) => ({ number, length: to - from }));
  const middle = lengths.map(({ length }) => length).toSorted((one, other) => one - other)[1];
  return lengths.filter(({ length }) => length >= middle).map(({ number }) => number);
}

step("a filter that came from a figure can be taken away", async () => {
  await page.locator('[data-environment="watched-line/live"]').getByTitle("See the failed changes").click();
  await waitForCount(rows(), 1);
  await photograph(page, "runs-of-a-figure");
  await page.getByRole("button", { name: /^Failed changes of/ }).click();
  await page.waitForURL((address) => !address.searchParams.has("change") && address.searchParams.has("from"));
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.waitForURL((address) => address.search === "");
});

step("a time without runs says what to do", async () => {
  await page.goto(`${url}/w/main/monitor?from=2020-01-01&until=2020-01-02`);
  await page.getByRole("heading", { name: "No run began in this time" }).waitFor();
  assert.equal(await page.getByLabel("Until, included").inputValue(), "2020-01-02");
  await photograph(page, "monitor-empty");
});

test("nothing was refused, and everything stayed accessible", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
