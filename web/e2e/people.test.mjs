// What people decide: gates with their evidence, and an inbox of what waits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFaults, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";
import { levelledLine } from "./generated.mjs";
import { checkOutline } from "./outline.mjs";

const RELEASE = levelledLine({
  name: "release-line",
  project: "people",
  environment: "production",
  jobs: `  build:
    inputs: [settings]
    steps:
      - run: |
          cat > results.xml <<'END'
          <testsuite name="shop" tests="2"><testcase classname="cart" name="adds" time="0.1"/><testcase classname="cart" name="sums" time="0.2"/></testsuite>
          END
      - reports: { junit: [results.xml] }
  sign-off:
    after: [build]
    inputs: [settings]
    approval:
      require:
        - { from: ["role:admin"], count: 1 }
      form:
        ticket: { type: string, pattern: "^OPS-[0-9]+$", required: true, description: Where the release is tracked }
        told-support: { type: boolean }
      timeout: 3h
      break_glass: ["role:admin"]
  deploy:
    after: [sign-off]
    inputs: [settings]
    outputs: [production]
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

const status = (within, word) => within.locator(`[data-status="${word}"]`).first();
const entry = () => page.locator("li[data-gate]").filter({ hasText: "release-line" });

step("an open gate appears in the inbox, and its number in the head", async () => {
  await page.goto(`${url}/w/main/inbox?show=claimed`);
  await page.getByText("You look after nothing").waitFor();
  await photograph(page, "inbox-empty");
  await page.getByRole("link", { name: "For me" }).click();
  await setPipeline(page, "release-line", RELEASE("one"));
  await entry().waitFor();
  await page.getByRole("link", { name: /^Inbox \d+ waiting for you/ }).waitFor();
  await entry().getByRole("button", { name: "I look after sign-off" }).click();
  await entry().getByRole("button", { name: "Give sign-off back" }).waitFor();
  await checkOutline(entry(), "inbox-entry");
  await photograph(page, "inbox");
  await page.getByRole("link", { name: "I look after" }).click();
  await entry().waitFor();
});

step("the gate's page shows the evidence first and says what each button does", async () => {
  await entry().getByRole("link", { name: "See what changes and decide" }).click();
  await page.getByRole("heading", { name: "What changes in production" }).waitFor();
  await page.getByText("Nothing runs in production yet").waitFor();
  await page.getByText("2 passed").waitFor();
  await page.getByText("0 of 1 approval from role admin").waitFor();
  const order = await page.locator("main h2").allInnerTexts();
  assert.deepEqual(order, ["What changes in production", "Proof", "Who decides", "Your decision"]);
  const approve = page.getByRole("button", { name: /^Approve: 1 of 1 from role admin/ });
  assert.match(await approve.innerText(), /Deploys settings .* to production/);
  await checkOutline(page.getByRole("main"), "gate");
  await photograph(page, "gate");
});

step("a form is held against its rules before it is sent", async () => {
  await page.getByRole("button", { name: /^Approve/ }).click();
  await page.getByText("ticket is required").waitFor();
  await page.getByLabel("ticket").fill("seven");
  await page.getByText("ticket has to fit").waitFor();
  await photograph(page, "gate-form-wrong");
});

step("a request for changes holds the gate until it is taken back", async () => {
  await page.getByLabel("Comment").fill("Say what is in it first");
  await page.getByRole("button", { name: /^Ask for changes/ }).click();
  await page.getByText("ada asked for changes").waitFor();
  await page.getByText("Say what is in it first").waitFor();
  await page.getByRole("button", { name: /^Take my decision back/ }).click();
  await page.getByText("and took it back").waitFor();
});

step("an approval with its answers closes the gate and stays to be read", async () => {
  await page.getByLabel("ticket").fill("OPS-7");
  await page.getByLabel("told-support").check();
  await page.getByRole("button", { name: /^Approve/ }).click();
  await status(page.locator("main header"), "Approved").waitFor();
  await page.getByText("OPS-7").waitFor();
  await photograph(page, "gate-approved");
});

step("the next gate compares with what runs, and can be opened alone and reviewed", async () => {
  const deployed = page.waitForResponse((response) => response.url().includes("/pipelines/release-line"));
  await setPipeline(page, "release-line", RELEASE("two"));
  await deployed;
  await page.goto(`${url}/w/main/inbox`);
  await entry().getByRole("link", { name: "See what changes and decide" }).click();
  await page.getByText("production runs").waitFor();
  await page.getByRole("button", { name: "Open it alone" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("The shop is down");
  await photograph(page, "gate-break-glass");
  await dialog.getByRole("button", { name: "Open it alone" }).click();
  await page.getByText("ada opened it alone:").waitFor();
  await page.goto(`${url}/w/main/inbox?show=review`);
  await entry().waitFor();
  await photograph(page, "inbox-review");
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
