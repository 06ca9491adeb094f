// Finding runs and acting on them from their list; versions of a resource, their lineage, and holding them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFaults, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";
import { levelledLine } from "./generated.mjs";
import { checkOutline } from "./outline.mjs";

const LINE = levelledLine({
  name: "listed-line",
  project: "listed",
  environment: "staging",
  jobs: `  build:
    inputs: [settings]
    steps:
      - run: echo "built $ANDON_INPUT_SETTINGS_LEVEL"
  deploy:
    after: [build]
    inputs: [{ resource: settings, passed: [build] }]
    outputs: [staging]
    steps:
      - run: echo "deployed $ANDON_INPUT_SETTINGS_LEVEL"
`,
});

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const row = (title) => page.locator("tr[data-run]").filter({ hasText: title });
async function choose(title, act) {
  await row(title).getByRole("button", { name: /^What can be done/ }).click();
  await page.getByRole("menuitem", { name: act }).click();
}

step("two revisions make two runs", async () => {
  await page.goto(`${url}/w/main/runs?pipeline=listed-line`);
  for (const [level, number] of [["one", 1], ["two", 2]]) {
    await setPipeline(page, "listed-line", LINE(level));
    await row(`listed-line #${number}`).locator('[data-status="Completed"]').waitFor();
  }
});

step("runs are found by their filters, in either order, and the address says so", async () => {
  await page.goto(`${url}/w/main/runs`);
  const rows = page.locator("tr[data-run]");
  const mine = rows.filter({ hasText: "listed-line" });
  await mine.first().waitFor();
  await page.getByLabel("Project").selectOption("listed");
  await page.getByLabel("Pipeline", { exact: true }).selectOption("listed-line");
  await page.getByLabel("Order").selectOption("oldest");
  await page.waitForURL(/project=listed&pipeline=listed-line&sort=oldest/);
  await page.locator("tr[data-run]:first-child").getByText("listed-line #1").waitFor();
  await page.getByLabel("Cause").selectOption("cron");
  await page.getByText("No runs fit these filters").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByLabel("Scope").selectOption("installation");
  await page.getByText("main /").first().waitFor();
  await photograph(page, "runs-installation");
});

step("a run's row shows details beside the list, and which addresses did its work", async () => {
  await page.goto(`${url}/w/main/runs?pipeline=listed-line`);
  await row("listed-line #1").getByRole("button", { name: /^What can be done/ }).click();
  await page.getByRole("menuitem", { name: "View" }).waitFor();
  await photograph(page, "runs-menu");
  await page.getByRole("menuitem", { name: "Details" }).click();
  await page.getByRole("complementary").getByRole("link", { name: "deploy" }).waitFor();
  await checkOutline(page.getByRole("table"), "runs");
  await photograph(page, "runs-details");
  await page.getByRole("button", { name: "Close the details" }).click();
  await choose("listed-line #1", "Runner addresses used");
  await page.getByRole("dialog").getByText("build").waitFor();
  await photograph(page, "runs-addresses");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
});

step("a run is renamed, copied as a pipeline and deleted from its row", async () => {
  await choose("listed-line #1", "Rename");
  await page.getByRole("dialog").getByLabel(/^Name/).fill("the first one");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await row("the first one").waitFor();
  await choose("the first one", /^New pipeline from revision/);
  await page.getByRole("dialog").getByLabel("Name").fill("listed-copy");
  await page.getByRole("dialog").getByRole("button", { name: "Make the pipeline" }).click();
  await page.waitForURL(/\/pipelines\/listed-copy$/);
  await page.getByRole("heading", { name: "listed-copy" }).waitFor();
  await page.goto(`${url}/w/main/runs?pipeline=listed-line`);
  await choose("the first one", "Delete");
  await photograph(page, "runs-delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await row("the first one").waitFor({ state: "detached" });
});

step("a version shows its lineage both ways, is pinned and disabled with a reason", async () => {
  await page.goto(`${url}/w/main/resources/listed-line/settings`);
  const version = (text) => page.locator("tr[data-version]").filter({ hasText: text });
  await version("LEVEL=one").getByRole("button", { name: "Lineage" }).click();
  await page.getByText("It came from outside").waitFor();
  await page.getByRole("region", { name: "Where it has got to" }).getByRole("link", { name: /listed-line\/build/ }).first().waitFor();
  await page.getByText("Reached").waitFor();
  await photograph(page, "resource");
  await version("LEVEL=one").getByRole("button", { name: /^Pin/ }).click();
  await page.getByRole("dialog").getByLabel(/^Reason/).fill("Two is too loud");
  await page.getByRole("dialog").getByRole("button", { name: "Pin" }).click();
  await page.getByText("every job takes that version. Two is too loud").waitFor();
  await version("LEVEL=one").getByRole("button", { name: "Unpin" }).click();
  await page.getByText("every job takes that version").waitFor({ state: "detached" });
  await version("LEVEL=two").getByRole("button", { name: /^Disable/ }).click();
  await page.getByRole("dialog").getByLabel(/^Reason/).fill("Bad level");
  await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
  await version("LEVEL=two").getByText("Bad level").waitFor();
  await photograph(page, "resource-disabled");
  await page.getByText("Not polled: its versions are pushed.").waitFor();
});

step("a run goes again on its revision, and its revision becomes the line's again", async () => {
  await page.goto(`${url}/w/main/runs?pipeline=listed-line`);
  await choose("listed-line #2", /^Run again on revision 2/);
  await page.getByText("listed-line #2 runs again on the same versions").first().waitFor();
  await row("listed-line #2").locator('[data-status="Completed"]').waitFor();
  await setPipeline(page, "listed-line", LINE("three"));
  await choose("listed-line #2", /^Restore revision 2/);
  await page.getByRole("dialog").getByRole("button", { name: "Restore revision 2" }).click();
  await page.getByText("Revision 4 of listed-line has the text of revision 2").first().waitFor();
  await page.getByRole("link", { name: "Revision 4" }).waitFor();
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
