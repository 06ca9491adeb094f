// The audit trail: what people do shows at once, is found, opened, downloaded and verified.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { accessibilityFaults, ask, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";

const LINE = `pipeline: audited-line
resources:
  settings: { type: params, values: { LEVEL: one } }
jobs:
  build:
    inputs: [settings]
    steps:
      - run: echo built
`;

const url = serverUrl();
let page;
let faults;

const step = tellStory(async (told) => {
  ({ page, faults } = told);
  await signIn(page);
  await setPipeline(page, "audited-line", LINE);
});

const row = (action, object) => page.locator("tr[data-entry]").filter({ hasText: action }).filter({ hasText: object });

step("what somebody does shows while one looks", async () => {
  await page.goto(`${url}/w/main/runs`);
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await row("pipeline.set", "pipeline:audited-line").waitFor();
  await ask(page, "PUT", "workspaces/main/secrets/audited", JSON.stringify({ value: "hunter2" }));
  await row("secret.set", "secret:audited").first().waitFor();
  assert.ok(!(await page.content()).includes("hunter2"));
  await photograph(page, "audit");
});

step("an entry opens beside the list with what changed", async () => {
  await ask(page, "POST", "workspaces/main/pipelines/audited-line/pause", JSON.stringify({ reason: "smoke on the line" }));
  await row("pipeline.paused", "pipeline:audited-line").getByRole("button").click();
  const details = page.getByRole("complementary", { name: /^Entry/ });
  await details.getByRole("cell", { name: "smoke on the line" }).waitFor();
  await details.getByText(/HeadlessChrome|Chrome/).waitFor();
  assert.match(page.url(), /entry=\d+/);
  await photograph(page, "audit-entry");
  await details.getByRole("button", { name: "Close the entry" }).click();
  await ask(page, "POST", "workspaces/main/pipelines/audited-line/resume", JSON.stringify({}));
});

step("filters stand in the address, and nothing says how to go on", async () => {
  await page.getByLabel("Did").fill("pipeline.paused");
  await page.getByLabel("To what").fill("pipeline:audited-line");
  await page.getByLabel("To what").press("Enter");
  await page.waitForURL(/action=pipeline.paused&object=pipeline/);
  await row("pipeline.paused", "pipeline:audited-line").waitFor();
  assert.equal(await page.locator("tr[data-entry]").count(), await row("pipeline.paused", "audited-line").count());
  const file = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV" }).click();
  const text = await readFile(await (await file).path(), "utf8");
  assert.match(text, /^sequence,time,actor,person,action/);
  assert.equal(text.trim().split("\r\n").length, 2);
  await page.getByLabel("Until").fill("2001-01-01");
  await page.getByText("No entries fit these filters").waitFor();
  await photograph(page, "audit-nothing");
  await page.getByRole("button", { name: "See all entries" }).click();
  await row("pipeline.resumed", "pipeline:audited-line").waitFor();
});

step("the trail is verified", async () => {
  await page.getByRole("button", { name: "Verify the trail" }).click();
  await page.getByText(/All \d+ entries are as they were written/).waitFor();
  await photograph(page, "audit-verified");
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
