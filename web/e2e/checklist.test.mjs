// A checklist through the page: the inbox, the job run's tasks, several at once, and closing a run. The steps build on one another.

import assert from "node:assert/strict";
import { accessibilityFaults, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";

const RELEASE = `pipeline: checked-line
closing_reasons: [not wanted any more, replaced]
resources:
  settings: { type: params, values: { LEVEL: one } }
jobs:
  build:
    inputs: [settings]
    steps: [{ run: echo built }]
  release:
    after: [build]
    inputs: [settings]
    tasks:
      - { id: page, title: Put the notice on the page, description: On the start page and in the mail, assign: "user:ada" }
      - { id: call, title: Call the warehouse, after: [page], due: 4h after run }
      - { id: cake, title: Order a cake, optional: true, reason_required: true }
  ship:
    after: [release]
    inputs: [settings]
    steps: [{ run: echo shipped }]
`;

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const task = (name) => page.locator(`li[data-task="${name}"]`);

step("a task whose turn it is stands in the inbox", async () => {
  await page.goto(`${url}/w/main/inbox`);
  await setPipeline(page, "checked-line", RELEASE);
  await page.getByRole("link", { name: "Put the notice on the page" }).waitFor();
  await photograph(page, "inbox-tasks");
});

step("the checklist shows its tasks, and what waits for what", async () => {
  await page.getByRole("link", { name: "Put the notice on the page" }).click();
  await task("call").getByText(/Waits for Put the notice/).waitFor();
  assert.ok(await task("call").getByRole("button", { name: "Done Call the warehouse" }).isDisabled());
  await photograph(page, "checklist");
});

step("tasks are added, noted, done and skipped, and their history says by whom", async () => {
  await page.getByLabel("Another task").fill("Water the plants");
  await page.getByRole("button", { name: "Add the task" }).click();
  await page.getByRole("heading", { name: "Water the plants" }).waitFor();
  await task("page").getByRole("button", { name: "Note Put the notice on the page" }).click();
  await task("page").getByLabel("Note", { exact: true }).fill("Asked the editor");
  await task("page").getByRole("button", { name: "Add the note" }).click();
  await task("page").getByRole("button", { name: "Done Put the notice on the page" }).click();
  await task("page").locator('[data-status="Done"]').waitFor();
  await task("page").getByRole("button", { name: /^History and notes/ }).click();
  await task("page").getByText("Asked the editor").waitFor();
  await task("cake").getByRole("button", { name: "Skip Order a cake" }).click();
  await task("cake").getByLabel("Why it is skipped").fill("Nobody is hungry");
  await task("cake").getByRole("button", { name: "Skip it" }).click();
  await task("cake").locator('[data-status="Skipped"]').waitFor();
  await photograph(page, "checklist-half-done");
});

step("the last ones together let the line go on", async () => {
  for (const title of ["Call the warehouse", "Water the plants"]) await page.getByLabel(`Choose ${title}`).check();
  await page.getByText("2 tasks chosen").waitFor();
  await photograph(page, "checklist-batch");
  await page.getByRole("button", { name: "All done" }).click();
  await page.locator('header [data-status="Succeeded"]').waitFor();
});

step("a run that nobody wants is closed with one of the pipeline's reasons", async () => {
  await setPipeline(page, "checked-line", RELEASE.replace("LEVEL: one", "LEVEL: two"));
  await page.goto(`${url}/w/main/runs?pipeline=checked-line`);
  await page.getByRole("link", { name: "checked-line #2" }).click();
  await page.getByRole("button", { name: "Close run" }).click();
  await page.getByLabel("Reason").selectOption("replaced");
  await photograph(page, "run-closing");
  await page.getByRole("button", { name: "Close run" }).click();
  await page.getByText(/Closed by ada.*replaced/).waitFor();
  await page.locator('[data-status="Stopped"]').first().waitFor();
  await page.getByText("Viewing a run that goes on").waitFor({ state: "detached" });
  await photograph(page, "run-closed");
});

step("no page of checklists left the origin, failed, or broke a rule of accessibility", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
