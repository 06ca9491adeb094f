// What runs where: a board that promotes, rolls back, locks and remembers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFaults, ask, photograph, serverUrl, setPipeline, signIn, tellStory } from "./browser.mjs";

const FREIGHT = (level) => `pipeline: freight
resources:
  settings: { type: params, values: { LEVEL: ${level} } }
  staging: { type: environment, description: Where it is tried }
  production: { type: environment }
jobs:
  try: { inputs: [settings], outputs: [staging], steps: [ { run: "true" } ] }
  release: { after: [try], inputs: [settings], approval: { require: [ { from: ["role:admin"] } ] } }
  deploy: { after: [release], inputs: [settings], outputs: [production], steps: [ { run: "true" } ] }
`;

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const lane = (name) => page.getByRole("region", { name: "freight" }).locator(`li[data-environment="${name}"]`);
const runs = (name, level) => lane(name).locator("code").filter({ hasText: `LEVEL=${level}` }).first();

/** Approves whatever waits at the gate of this pipeline. */
async function approve() {
  for (;;) {
    const answer = await page.evaluate(async () => (await fetch("/api/v1/workspaces/main/inbox")).json());
    const gate = answer.items.find(({ pipeline }) => pipeline === "freight");
    if (gate) return ask(page, "POST", `workspaces/main/gates/${gate.id}/decisions`, JSON.stringify({ decision: "approve", comment: "seen" }));
    await page.waitForResponse((response) => response.url().includes("/environments"));
  }
}

step("an environment shows what came, without being asked", async () => {
  await page.goto(`${url}/w/main/environments`);
  await page.getByRole("heading", { name: "Environments", level: 1 }).waitFor();
  await setPipeline(page, "freight", FREIGHT("one"));
  await lane("production").getByText("Nothing has been deployed here").waitFor();
  await runs("staging", "one").waitFor();
  await lane("production").getByRole("link", { name: "release #1" }).waitFor();
  await approve();
  await runs("production", "one").waitFor();
  await setPipeline(page, "freight", FREIGHT("two"));
  await runs("staging", "two").waitFor();
  await lane("production").getByText("1 set behind").waitFor();
  await photograph(page, "environments");
});

step("a promotion shows what changes, and asks at the gate", async () => {
  await page.getByRole("button", { name: "Promote to production" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Asks at release first").waitFor();
  await dialog.getByRole("list", { name: "What changes in production" }).getByText("LEVEL=two").waitFor();
  await photograph(page, "environments-promote");
  await dialog.getByLabel("Why, for those who wonder").fill("the second is due");
  await dialog.getByRole("button", { name: "Promote" }).click();
  await dialog.waitFor({ state: "detached" });
  await approve();
  await runs("production", "two").waitFor();
  await lane("production").getByText("“the second is due”").waitFor();
});

step("a lock says who and why, and holds what could be done", async () => {
  await page.getByRole("button", { name: "Lock production" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason, for those who wait").fill("stocktaking");
  await dialog.getByLabel("How long").selectOption({ label: "for a day" });
  await photograph(page, "environments-lock");
  await dialog.getByRole("button", { name: "Lock", exact: true }).click();
  await lane("production").getByText("stocktaking").waitFor();
  assert.equal(await page.getByRole("button", { name: "Roll production back" }).isDisabled(), true);
  await photograph(page, "environments-locked");
  await page.getByRole("button", { name: "Unlock production" }).click();
  await page.getByRole("button", { name: "Lock production" }).waitFor();
});

step("a roll back goes the same way, and the history tells it", async () => {
  await page.getByRole("button", { name: "Roll production back" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Asks at release first").waitFor();
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await dialog.waitFor({ state: "detached" });
  await approve();
  await runs("production", "one").waitFor();
  await page.getByRole("link", { name: "History of production" }).click();
  const history = page.getByRole("complementary", { name: "History of production" });
  await history.getByText("rolled back").waitFor();
  assert.equal(await history.getByRole("listitem").count(), 3);
  await photograph(page, "environments-history");
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
