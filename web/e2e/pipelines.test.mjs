// Editing a pipeline: as text, as a picture, in fields; its plan, its revisions, and what keeps unsaved work from being lost.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { accessibilityFaults, ask, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";
import { manyJobs } from "./generated.mjs";

const LINE = `# The line that the editor's tests change
pipeline: edited
project: tools   # where it is listed
resources:
  settings: { type: params, values: { LEVEL: one } } # changed by hand
  staging: { type: environment }

jobs:
  # makes it
  build:
    inputs: [settings]
    steps:
      - run: |
          echo building
          echo done

  # proves it
  unit:
    inputs: [settings] # not after build yet
    steps: [{ run: "true" }]
`;

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const EDIT = `${url}/w/main/pipelines/edited/edit`;
const station = (id) => page.locator(`[data-station="${id}"]`);
const yaml = () => page.locator('[data-editor="yaml"]');
/** The whole text, as the export hands it out. */
async function exported() {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export" }).click()]);
  return readFileSync(await download.path(), "utf8");
}
const revisionOf = async (name) => (await ask(page, "GET", `workspaces/main/pipelines/${name}`)).revision;

step("the picture and the text stand side by side", async () => {
  await setPipeline(page, "edited", LINE);
  await page.goto(EDIT);
  await station("job:build").waitFor();
  await yaml().waitFor();
  await page.getByText("The server finds no errors").waitFor();
  assert.equal(await exported(), LINE);
  assert.ok(await page.getByRole("button", { name: "Save…" }).isDisabled());
  await photograph(page, "editor");
});

step("two jobs are connected by keyboard alone, and every comment stays", async () => {
  await station("job:build").focus();
  await page.keyboard.press("c");
  await page.getByText("From build: press the station that it leads to").waitFor();
  await photograph(page, "editor-connecting");
  await station("job:build").focus();
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.station), "job:unit");
  await page.keyboard.press("Enter");
  await page.getByText(/^Unsaved changes, based on revision/).waitFor();
  assert.equal(await exported(), LINE.replace('    steps: [{ run: "true" }]\n', '    steps: [{ run: "true" }]\n    after: [build]\n'));
});

step("a way is led with the pointer, and taken back with Undo", async () => {
  const handle = (id, side) => page.locator(`.react-flow__node[data-id="${id}"] .react-flow__handle-${side}`);
  const middle = async () => {
    const { x, y, width, height } = await handle("resource:staging", "left").boundingBox();
    return [x + width / 2, y + height / 2];
  };
  // Hovering waits until the picture stands still.
  await handle("resource:staging", "left").hover();
  await handle("job:unit", "right").hover();
  await page.mouse.down();
  const [x, y] = await middle();
  await page.mouse.move(x - 30, y + 10, { steps: 5 });
  // Should the picture go on moving, the pointer follows the end of the way.
  for (let at, to = [x, y]; String(at) !== String(to); to = await middle()) {
    at = to;
    await page.mouse.move(at[0], at[1], { steps: 5 });
  }
  await page.mouse.up();
  await yaml().getByText("outputs: [staging]").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await yaml().getByText("outputs: [staging]").waitFor({ state: "detached" });
});

step("what is typed is drawn, with the server's findings at their lines", async () => {
  await yaml().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("  deploy:\nafter: [unti]\nsteps: [{ run: make }]");
  await station("job:deploy").waitFor();
  await page.getByText("The server finds 1 error", { exact: true }).waitFor();
  await page.getByRole("button", { name: /^Line \d+$/ }).first().waitFor();
  await station("job:deploy").filter({ hasText: "1 error" }).waitFor();
  await photograph(page, "editor-findings");
});

step("a field of the panel mends it, and a rename reaches every place", async () => {
  await station("job:deploy").click();
  const panel = page.getByRole("complementary", { name: "Job deploy" });
  await panel.getByLabel("after 1", { exact: true }).fill("unit");
  await panel.getByLabel("after 1", { exact: true }).press("Enter");
  await page.getByText("The server finds no errors").waitFor();
  await panel.getByLabel("Add a property to deploy").selectOption("timeout");
  await panel.getByLabel("timeout", { exact: true }).fill("5m");
  await panel.getByLabel("timeout", { exact: true }).press("Enter");
  await yaml().getByText("timeout").waitFor();
  await photograph(page, "editor-panel");
  await station("job:unit").click();
  const unit = page.getByRole("complementary", { name: "Job unit" });
  await unit.getByLabel("Name", { exact: true }).fill("proof");
  await unit.getByRole("button", { name: "Rename" }).click();
  await station("job:proof").waitFor();
  const text = await exported();
  assert.match(text, /after: \[proof\]/);
  assert.match(text, /was: unit/);
  for (const comment of LINE.match(/#.*/g)) assert.ok(text.includes(comment), `${comment} is lost`);
});

step("completion knows the schema and the names of the file", async () => {
  await yaml().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("  ship:\nafter: [pro");
  await page.locator(".cm-tooltip-autocomplete").getByText("proof").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("]\nst");
  await page.locator(".cm-tooltip-autocomplete").getByText("steps").waitFor();
  await page.keyboard.press("Escape");
  for (let at = 0; at < 40 && (await station("job:ship").count()) > 0; at += 1) await page.keyboard.press("Control+z");
  await page.getByText("The server finds no errors").waitFor();
});

step("nobody leaves unsaved work unasked, and it is there again after a closed window", async () => {
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Line", exact: true }).click();
  await page.getByRole("dialog", { name: "Your changes are not saved" }).waitFor();
  await photograph(page, "editor-leaving");
  await page.getByRole("button", { name: "Stay" }).click();
  await station("job:proof").waitFor();
  await page.getByRole("link", { name: "Line", exact: true }).click();
  await page.getByRole("button", { name: "Leave, keep the changes" }).click();
  await page.waitForURL(/\/pipelines\/edited$/);
  await page.goto(EDIT);
  await page.getByText(/^These are your unsaved changes/).waitFor();
  await station("job:proof").waitFor();
});

step("the plan stands before the save", async () => {
  const earlier = await revisionOf("edited");
  await page.getByRole("button", { name: "Save…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Job proof, until now unit").waitFor();
  await dialog.getByText("Job deploy").waitFor();
  await dialog.getByLabel(/^Why/).fill("Ship it, too");
  await photograph(page, "editor-plan");
  assert.equal(await revisionOf("edited"), earlier);
  await dialog.getByRole("button", { name: "Save as the next revision" }).click();
  await page.getByText(`Revision ${earlier + 1} of edited is in force`).first().waitFor();
  await page.getByText(`Revision ${earlier + 1}`, { exact: true }).waitFor();
});

step("a save onto a newer revision is refused with what changed, and can be brought together", async () => {
  await station("job:build").click();
  const panel = page.getByRole("complementary", { name: "Job build" });
  await panel.getByLabel("Add a property to build").selectOption("description");
  await panel.getByLabel("description", { exact: true }).fill("Makes the thing");
  await panel.getByLabel("description", { exact: true }).press("Enter");
  const { revision, text } = await ask(page, "GET", "workspaces/main/pipelines/edited");
  await setPipeline(page, "edited", text.replace("project: tools ", "project: works "));
  await page.getByText(`Revision ${revision + 1} is in force by now`).first().waitFor();
  await page.getByRole("button", { name: "Save…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save as the next revision" }).click();
  await page.getByText("Nothing was saved.").waitFor();
  await photograph(page, "editor-stale");
  await page.getByRole("button", { name: "Bring it into my text" }).click();
  await page.getByRole("button", { name: "Save…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save as the next revision" }).click();
  await page.getByText(`Revision ${revision + 2}`, { exact: true }).waitFor();
  const saved = await ask(page, "GET", "workspaces/main/pipelines/edited");
  assert.match(saved.text, /project: works {3}# where it is listed/);
  assert.match(saved.text, /description: Makes the thing/);
});

step("revisions are compared, and an earlier one is restored after its plan", async () => {
  await page.getByRole("link", { name: "Revisions" }).click();
  await page.getByText("Ship it, too").waitFor();
  await page.getByRole("button", { name: "Compare revision 2 with the one before" }).click();
  await page.getByRole("region", { name: "From revision 1 to revision 2" }).getByText("was: unit").waitFor();
  await photograph(page, "revisions");
  const newest = await revisionOf("edited");
  await page.getByRole("button", { name: "What can be done with revision 1", exact: true }).click();
  await page.getByRole("menuitem", { name: "Restore…" }).click();
  await page.getByRole("dialog").getByText("Job deploy").waitFor();
  await photograph(page, "revisions-restore");
  await page.getByRole("dialog").getByRole("button", { name: "Restore revision 1" }).click();
  await page.locator(`tr[data-revision="${newest + 1}"]`).waitFor();
  assert.equal((await ask(page, "GET", "workspaces/main/pipelines/edited")).text, LINE);
});

step("a pipeline begins in the library, in a file or in another one, and comes to be when it is saved", async () => {
  await page.goto(`${url}/w/main/pipelines`);
  await page.getByRole("button", { name: "What can be done with edited" }).waitFor();
  await photograph(page, "pipelines");
  await page.getByRole("link", { name: "New pipeline" }).click();
  await page.getByLabel("Name").fill("copied");
  await page.getByLabel("From another pipeline").check();
  await page.getByLabel("Pipeline", { exact: true }).selectOption("edited");
  await page.getByLabel("From a file").check();
  await page.getByLabel("File", { exact: true }).setInputFiles({ name: "x.yml", mimeType: "application/yaml", buffer: Buffer.from("pipeline: x\njobs: {}\n") });
  await page.getByLabel("From the library").check();
  await page.getByLabel(/^nightly/).check();
  await photograph(page, "new-pipeline");
  await page.getByLabel("From another pipeline").check();
  await page.getByRole("button", { name: "Open in the editor" }).click();
  await page.waitForURL(/\/pipelines\/copied\/edit$/);
  await station("job:build").waitFor();
  await page.getByText("Not there yet").waitFor();
  assert.equal(await exported(), LINE.replace("pipeline: edited", "pipeline: copied"));
  await page.getByRole("button", { name: "Save…" }).click();
  await page.getByRole("button", { name: "Make the pipeline copied" }).click();
  await page.getByText("Revision 1", { exact: true }).waitFor();
  assert.equal(await revisionOf("copied"), 1);
});

step("an empty pipeline says what to do, and a job is added by keyboard and named at once", async () => {
  await page.goto(`${url}/w/main/pipelines/fresh/edit`);
  await page.getByText("Nothing stands here yet").waitFor();
  await photograph(page, "editor-empty");
  await page.getByRole("button", { name: "Add a job" }).focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("complementary", { name: "Job job" });
  await panel.getByLabel("Name", { exact: true }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
  await page.keyboard.type("compile");
  await page.keyboard.press("Enter");
  await station("job:compile").waitFor();
  await page.getByLabel("Add a resource").selectOption("git");
  await station("resource:git").waitFor();
  await page.getByRole("complementary", { name: "Resource git" }).getByLabel("Lead a way to").selectOption("job:compile");
  await yaml().getByText("inputs: [git]").waitFor();
  await page.getByText("The server finds no errors").waitFor();
});

step("a long line is edited, too", async () => {
  await setPipeline(page, "long-line", manyJobs("long-line", 300, 12));
  await page.getByRole("link", { name: "Inbox" }).click();
  await page.getByRole("button", { name: "Leave and discard them" }).click();
  await page.waitForURL(/\/inbox$/);
  await page.goto(`${url}/w/main/pipelines/long-line/edit`);
  await page.locator('[data-stations="303"]').waitFor();
  await photograph(page, "editor-long");
  await page.getByRole("button", { name: "As a list" }).click();
  await page.getByRole("list", { name: "Stations" }).getByRole("button", { name: /^station-298/ }).click();
  await page.getByRole("complementary", { name: "Job station-298" }).waitFor();
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
