// One person's way through the page, against the real server: the tests build on one another, in order.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccessibility, launchBrowser, openPage, photograph, serverUrl, signInLink } from "./browser.mjs";

const PIPELINE = `pipeline: browser-line
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
      environment: staging
      require:
        - { from: ["role:admin"], count: 1 }
  deploy:
    after: [sign-off]
    inputs: [settings]
    outputs: [staging]
    steps:
      - run: echo "deployed $ANDON_INPUT_SETTINGS_LEVEL"
`;
const ACCOUNT = { name: "ada", password: "a long enough password" };

const url = serverUrl();
let browser;
let page;
let faults;

before(async () => {
  browser = await launchBrowser();
  ({ page, faults } = await openPage(browser, new URL(url).origin));
});

after(async () => {
  await browser?.close();
});

const job = (name) => page.locator(`article[data-job="${name}"]`);
const status = (within, word) => within.locator(`[data-status="${word}"]`).first();

async function fillCredentials(password) {
  await page.getByLabel("Name").fill(ACCOUNT.name);
  await page.getByLabel("Password").fill(password);
}

test("a visitor is asked to sign in", async () => {
  await page.goto(`${url}/w/main/runs`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await photograph(page, "sign-in");
  await checkAccessibility(page);
});

test("the one-time link makes the first administrator", async () => {
  await page.goto(signInLink());
  await page.getByRole("heading", { name: "Choose a password" }).waitFor();
  await checkAccessibility(page);
  await fillCredentials(ACCOUNT.password);
  await page.getByRole("button", { name: "Set the password and sign in" }).click();
  await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
});

test("the link works once", async () => {
  const other = await openPage(browser, new URL(url).origin);
  await other.page.goto(signInLink());
  await other.page.getByLabel("Name").fill("mallory");
  await other.page.getByLabel("Password").fill("another long password");
  await other.page.getByRole("button", { name: "Set the password and sign in" }).click();
  await other.page.getByRole("alert").waitFor();
  await other.context.close();
});

test("with nothing there yet, each list names the next command", async () => {
  await page.getByText("git push").first().waitFor();
  await photograph(page, "runs-empty");
  await page.getByRole("link", { name: "Pipelines" }).first().click();
  await page.getByText("andon set andon.yml").waitFor();
  await photograph(page, "pipelines-empty");
});

test("a new pipeline and its run appear by themselves", async () => {
  const answer = await page.evaluate(async (text) => {
    const token = document.cookie.split("; ").find((pair) => pair.startsWith("andon_csrf="));
    const response = await fetch("/api/v1/workspaces/main/pipelines/browser-line", {
      method: "PUT",
      headers: { "content-type": "application/yaml", "x-andon-csrf": decodeURIComponent((token ?? "").slice("andon_csrf=".length)) },
      body: text,
    });
    return { ok: response.ok, text: await response.text() };
  }, PIPELINE);
  assert.ok(answer.ok, answer.text);
  const row = page.locator('tr[data-pipeline="browser-line"]');
  await row.waitFor();
  await status(row, "Awaiting people").waitFor();
  await photograph(page, "pipelines");
  await checkAccessibility(page);
});

test("the run list shows the run on top with its state", async () => {
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  const row = page.locator("tr[data-run]").first();
  await status(row, "Awaiting people").waitFor();
  assert.match(await row.innerText(), /browser-line #1/);
  await photograph(page, "runs");
  await checkAccessibility(page);
  await page.getByRole("link", { name: "Stopped" }).click();
  await page.getByText("No stopped runs").waitFor();
  await page.getByRole("link", { name: "Active" }).click();
  await page.getByRole("link", { name: "browser-line #1" }).click();
});

test("the run shows its jobs and the open gate", async () => {
  await status(job("build"), "Succeeded").waitFor();
  await status(job("sign-off"), "Awaiting people").waitFor();
  await page.getByText("0 of 1 approval from role admin").waitFor();
  await photograph(page, "run-awaiting");
  await checkAccessibility(page);
});

test("the log can be read, and markup in it stays text", async () => {
  await job("build").getByRole("link", { name: "Log" }).click();
  const log = page.getByRole("log");
  await log.getByText("building at level one").waitFor();
  await log.getByText("<b>markup stays text</b>").waitFor();
  await photograph(page, "log");
  await checkAccessibility(page);
  await page.goBack();
});

test("an approval moves the line to its end while one watches", async () => {
  await page.getByLabel("Comment").fill("Looks right");
  await page.getByRole("button", { name: "Approve sign-off" }).click();
  await status(job("sign-off"), "Succeeded").waitFor();
  await status(job("deploy"), "Succeeded").waitFor();
  await status(page.locator("header [role=status]").filter({ hasText: "Completed" }), "Completed").waitFor();
  await photograph(page, "run-completed");
});

test("the runners are listed", async () => {
  await page.getByRole("link", { name: "Runners" }).click();
  await page.getByRole("article").first().waitFor();
  await photograph(page, "runners");
  await checkAccessibility(page);
});

test("the chosen theme is kept", async () => {
  await page.getByRole("button", { name: /Theme/ }).click();
  await page.getByRole("button", { name: /Theme/ }).click();
  await page.reload();
  await page.getByRole("button", { name: /Theme: Dark/ }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
});

test("signing out ends the session, and a wrong password does not open one", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await fillCredentials("not the password at all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await fillCredentials(ACCOUNT.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
});

test("no page left the origin, failed, or showed what the server's policy refuses", () => {
  assert.deepEqual(faults, []);
});
