// One person's way through the page, against the real server: the tests build on one another, in order.

import assert from "node:assert/strict";
import { ACCOUNT, accessibilityFaults, openPage, photograph, serverUrl, setPipeline as setText, signInLink, tellStory } from "./browser.mjs";

const PIPELINES = {
  "browser-line": `pipeline: browser-line
description: What the browser tests watch
project: proof
resources:
  settings: { type: params, values: { LEVEL: one } }
  staging: { type: environment }
jobs:
  build:
    inputs: [settings]
    steps:
      - run: |
          echo "building at level $ANDON_INPUT_SETTINGS_LEVEL"
          echo "<b>markup stays text</b>"
  sign-off:
    after: [build]
    inputs: [settings]
    approval:
      require:
        - { from: ["role:admin"], count: 1 }
  deploy:
    after: [sign-off]
    inputs: [settings]
    outputs: [staging]
    steps:
      - run: echo "deployed $ANDON_INPUT_SETTINGS_LEVEL"
`,
  "broken-line": `pipeline: broken-line
resources:
  settings: { type: params, values: { LEVEL: two } }
jobs:
  prove:
    inputs: [settings]
    matrix: { system: [one, two] }
    steps:
      - name: compare
        run: |
          echo "::error::expected 4, found 5 on \${{ matrix.system }}"
          exit 3
`,
  "long-line": `pipeline: long-line
resources:
  settings: { type: params, values: { LEVEL: three } }
jobs:
  hold:
    inputs: [settings]
    steps:
      - run: |
          echo "the first line"
          tail -f /dev/null
`,
  "refused-line": `pipeline: refused-line
resources:
  settings: { type: params, values: { LEVEL: four } }
jobs:
  refuse:
    inputs: [settings]
    approval:
      require:
        - { from: ["role:admin"], count: 1 }
`,
};

const url = serverUrl();
let browser;
let page;
let faults;
const step = tellStory((opened) => {
  ({ browser, page, faults } = opened);
});

const job = (name) => page.locator(`article[data-job="${name}"]`);
const status = (within, word) => within.locator(`[data-status="${word}"]`).first();

async function fillCredentials(password) {
  await page.getByLabel("Name").fill(ACCOUNT.name);
  await page.getByLabel("Password").fill(password);
}

step("a visitor is asked to sign in", async () => {
  await page.goto(`${url}/w/main/runs`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await photograph(page, "sign-in");
});

step("the one-time link makes the first administrator", async () => {
  await page.goto(signInLink());
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  await fillCredentials(ACCOUNT.password);
  await page.getByRole("button", { name: "Set the password and sign in" }).click();
  await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
});

step("the link works once", async () => {
  const other = await openPage(browser, new URL(url).origin);
  await other.page.goto(signInLink());
  await other.page.getByLabel("Name").fill("mallory");
  await other.page.getByLabel("Password").fill("another long password");
  await other.page.getByRole("button", { name: "Set the password and sign in" }).click();
  await other.page.getByRole("alert").waitFor();
  await other.context.close();
});

step("with nothing there yet, each list names the next command", async () => {
  await page.getByText("git push").first().waitFor();
  await photograph(page, "runs-empty");
  await page.getByRole("link", { name: "Pipelines" }).first().click();
  await page.getByText("andon set andon.yml").waitFor();
  await photograph(page, "pipelines-empty");
});

const setPipeline = (name) => setText(page, name, PIPELINES[name]);

step("a new pipeline and its run appear by themselves", async () => {
  await setPipeline("browser-line");
  const row = page.locator('tr[data-pipeline="browser-line"]');
  await row.waitFor();
  await status(row, "Awaiting people").waitFor();
  await photograph(page, "pipelines");
});

step("the run list shows the run on top with its state", async () => {
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  const row = page.locator("tr[data-run]").first();
  await status(row, "Awaiting people").waitFor();
  assert.match(await row.innerText(), /browser-line #1/);
  await photograph(page, "runs");
  await page.getByRole("link", { name: "Stopped" }).click();
  await page.getByText("No stopped runs").waitFor();
  await page.getByRole("link", { name: "Active" }).click();
  await page.getByRole("link", { name: "browser-line #1" }).click();
});

step("the run shows its jobs and the open gate", async () => {
  await status(job("build"), "Succeeded").waitFor();
  await status(job("sign-off"), "Awaiting people").waitFor();
  await page.getByText("0 of 1 approval from role admin").waitFor();
  await photograph(page, "run-awaiting");
});

step("the log can be read, and markup in it stays text", async () => {
  await job("build").getByRole("link", { name: "Log" }).click();
  const log = page.getByRole("log");
  await log.getByText("building at level one").waitFor();
  await log.getByText("<b>markup stays text</b>").waitFor();
  await photograph(page, "log");
  await page.goBack();
});

step("an approval moves the line to its end while one watches", async () => {
  await page.getByLabel("Comment").fill("Looks right");
  await page.getByRole("button", { name: "Approve sign-off" }).click();
  await status(job("sign-off"), "Succeeded").waitFor();
  await status(job("deploy"), "Succeeded").waitFor();
  await status(page.locator("header [role=status]").filter({ hasText: "Completed" }), "Completed").waitFor();
  await photograph(page, "run-completed");
});

step("who approved, and why, stays on the gate", async () => {
  await job("sign-off").getByText("1 of 1 approval from role admin: ada").waitFor();
  await job("sign-off").getByText("Looks right").waitFor();
});

step("a failed run says which cell failed and why, and stands among the failed", async () => {
  await page.getByRole("link", { name: "Runs", exact: true }).first().click();
  await setPipeline("broken-line");
  await page.getByRole("link", { name: "broken-line #1" }).click();
  await status(job("prove"), "Failed").waitFor();
  await page.getByRole("button", { name: "Run failed jobs again" }).waitFor();
  await photograph(page, "run-failed");
  await job("prove").getByRole("link", { name: "Log" }).click();
  await page.getByRole("log").getByText("expected 4, found 5 on one").waitFor();
  await photograph(page, "log-failed");
  await page.goto(`${url}/w/main/runs?tab=failed`);
  await status(page.locator("tr[data-run]").first(), "Failed").waitFor();
  await photograph(page, "runs-failed");
});

step("a log is followed while it is written, until the run is stopped", async () => {
  await page.goto(`${url}/w/main/runs`);
  await setPipeline("long-line");
  await page.getByRole("link", { name: "long-line #1" }).click();
  await job("hold").getByRole("link", { name: "Log" }).click();
  await page.getByRole("log").getByText("the first line").waitFor();
  await photograph(page, "log-following");
  await page.goBack();
  await page.getByRole("button", { name: "Stop run" }).click();
  await page.getByLabel("Reason").fill("Seen enough");
  await photograph(page, "run-stopping");
  await page.getByRole("button", { name: "Stop run" }).click();
  await status(job("hold"), "Stopped").waitFor();
  await photograph(page, "run-stopped");
});

step("a rejection closes the gate with its comment", async () => {
  await page.goto(`${url}/w/main/runs`);
  await setPipeline("refused-line");
  await page.getByRole("link", { name: "refused-line #1" }).click();
  await page.getByLabel("Comment").fill("Not before Monday");
  await page.getByRole("button", { name: "Reject refuse" }).click();
  await job("refuse").getByText("ada rejected").waitFor();
  await job("refuse").getByText("Not before Monday").waitFor();
  await photograph(page, "run-rejected");
});

step("the runners are listed", async () => {
  await page.getByRole("link", { name: "Runners" }).click();
  await page.getByRole("article").first().waitFor();
  await photograph(page, "runners");
});

step("the chosen theme is kept", async () => {
  await page.getByRole("button", { name: /Theme/ }).click();
  await page.getByRole("button", { name: /Theme/ }).click();
  await page.reload();
  await page.getByRole("button", { name: /Theme: Dark/ }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
});

step("signing out ends the session, and a wrong password does not open one", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await fillCredentials("not the password at all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await fillCredentials(ACCOUNT.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
});

step("no page left the origin, failed, or showed what the server's policy refuses", () => {
  assert.deepEqual(faults, []);
});

step("every screen keeps the rules of accessibility, in both themes and on a phone", () => {
  assert.deepEqual(accessibilityFaults, []);
});
