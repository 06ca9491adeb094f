// What an administrator sets: who may do what, tokens, secrets, channels; what was told; who works.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFaults, photograph, serverUrl, signIn, tellStory } from "./browser.mjs";

const url = serverUrl();
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

const dialog = () => page.getByRole("dialog");
const part = async (title) => {
  await page.getByRole("navigation", { name: "Parts of the settings" }).getByRole("link", { name: title, exact: true }).click();
  await page.getByRole("heading", { name: title, level: 2 }).first().waitFor();
};

step("a new account gets a role, and its link is shown once", async () => {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Members" }).waitFor();
  await page.getByRole("button", { name: "New account" }).click();
  await dialog().getByLabel("Name").fill("settings-ben");
  await dialog().getByLabel("E-mail address").fill("ben@example.org");
  await dialog().getByLabel("Role in main").selectOption("operator");
  await photograph(page, "settings-new-account");
  await dialog().getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("heading", { name: "The link for settings-ben" }).waitFor();
  assert.match(await dialog().locator("code").textContent(), /^http.*\/signin\//);
  await dialog().getByRole("button", { name: "I have it" }).click();
  const row = page.locator('[data-member="settings-ben"]');
  assert.equal(await row.getByLabel("The role of settings-ben").inputValue(), "operator");
  await row.getByLabel("The role of settings-ben").selectOption("editor");
  await page.getByText("settings-ben is editor now.", { exact: true }).waitFor();
  await photograph(page, "settings-members");
});

step("a group is made, changed and deleted", async () => {
  await part("Groups");
  await page.getByRole("button", { name: "New group" }).click();
  await dialog().getByLabel("Name").fill("settings-release");
  await dialog().getByLabel("settings-ben").check();
  await dialog().getByRole("button", { name: "Make the group" }).click();
  const row = page.locator('[data-group="settings-release"]');
  await row.getByText("settings-ben").waitFor();
  await photograph(page, "settings-groups");
  await row.getByRole("button", { name: /^Change/ }).click();
  await dialog().getByLabel("settings-ben").uncheck();
  await dialog().getByRole("button", { name: "Set the members" }).click();
  await row.getByText("nobody").waitFor();
  await row.getByRole("button", { name: /^Delete/ }).click();
  await dialog().getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});

step("a token is shown once, works, and works no more once it is revoked", async () => {
  await part("Tokens");
  await page.getByRole("button", { name: /New token of main/ }).click();
  await dialog().getByLabel("Name").fill("settings-ci");
  await dialog().getByLabel("see").check();
  await dialog().getByRole("button", { name: "Make the token" }).click();
  const secret = await dialog().locator("code").textContent();
  await dialog().getByRole("button", { name: "I have it" }).click();
  const status = async () => (await fetch(`${url}/api/v1/workspaces/main/runs`, { headers: { authorization: `Bearer ${secret}` } })).status;
  assert.equal(await status(), 200);
  await page.locator('[data-token="settings-ci"]').waitFor();
  await photograph(page, "settings-tokens");
  await page.locator('[data-token="settings-ci"]').getByRole("button", { name: /^Revoke/ }).click();
  await dialog().getByRole("button", { name: "Revoke" }).click();
  await page.locator('[data-token="settings-ci"]').waitFor({ state: "detached" });
  assert.equal(await status(), 401);
});

step("a secret is set and its value never comes back", async () => {
  await part("Secrets");
  await page.getByRole("button", { name: "Set a secret" }).click();
  await dialog().getByLabel("Name").fill("settings-key");
  await dialog().getByLabel("Value").fill("more than nothing");
  await dialog().getByRole("button", { name: "Set the secret" }).click();
  await page.locator('[data-secret="settings-key"]').waitFor();
  assert.ok(!(await page.content()).includes("more than nothing"));
  await photograph(page, "settings-secrets");
});

step("a channel is tested, and the delivery that failed is sent again", async () => {
  await part("Channels");
  await photograph(page, "settings-channels-empty");
  await page.getByRole("button", { name: "New channel" }).click();
  await dialog().getByLabel("Name").fill("settings-mail");
  await dialog().getByLabel("Kind").selectOption("email");
  await dialog().getByLabel("Addresses").fill("ada@example.org, ben@example.org");
  await dialog().getByRole("button", { name: "Set the channel" }).click();
  const row = page.locator('[data-channel="settings-mail"]');
  await row.getByText("ada@example.org, ben@example.org").waitFor();
  await row.getByRole("button", { name: /^Test/ }).click();
  await row.getByRole("link", { name: "See what came of the test" }).waitFor();
  await photograph(page, "settings-channels");
  await row.getByRole("link", { name: "See what came of the test" }).click();
  const delivery = page.locator("[data-delivery]").filter({ hasText: "channel:settings-mail" }).first();
  await delivery.waitFor();
  await page.locator('[data-delivery][data-state="failed"], [data-delivery][data-state="delivered"]').first().waitFor();
  await photograph(page, "settings-deliveries");
  await delivery.getByRole("button", { name: /^Send again/ }).click();
  await page.getByText("It is sent once more.", { exact: true }).waitFor();
});

step("a channel gets a wording of its own, tried before it is set", async () => {
  await part("Channels");
  const row = page.locator('[data-channel="settings-mail"]');
  await row.getByRole("button", { name: /^Wording/ }).click();
  await dialog().getByLabel("Subject").fill("{{ pipline }}");
  await dialog().getByText(/The template cannot be used: subject, line 1/).waitFor();
  await dialog().getByLabel("Subject").fill("{{ pipeline }}: {{ event }}");
  await dialog().getByText("shop: awaiting-approval").waitFor();
  await photograph(page, "settings-wording");
  await dialog().getByRole("button", { name: "Set the wording" }).click();
  await row.getByText("Its messages have a wording of their own.").waitFor();
  await row.getByRole("button", { name: /^Wording/ }).click();
  await dialog().getByLabel("Subject").fill("");
  await dialog().getByRole("button", { name: "Take the built-in wording" }).click();
  await row.getByText("Its messages have a wording of their own.").waitFor({ state: "detached" });
});

step("a forge is told of commits, and its token never comes back", async () => {
  await page.getByRole("button", { name: "New channel" }).click();
  await dialog().getByLabel("Name").fill("settings-forge");
  await dialog().getByLabel("Kind").selectOption("forge");
  await dialog().getByLabel("Forge", { exact: true }).selectOption("gitlab");
  assert.equal(await dialog().getByLabel("Where its API begins").inputValue(), "https://gitlab.com/api/v4");
  await dialog().getByLabel("Repository").fill("https://gitlab.com/acme/*");
  await dialog().getByLabel("Token of the forge").fill("glpat-not-to-be-seen");
  await photograph(page, "settings-forge");
  await dialog().getByRole("button", { name: "Set the channel" }).click();
  const row = page.locator('[data-channel="settings-forge"]');
  await row.getByText("https://gitlab.com/acme/*").waitFor();
  assert.equal(await row.getByRole("button", { name: /^Test/ }).count(), 0);
  assert.ok(!(await page.content()).includes("glpat-not-to-be-seen"));
});

step("a runner is drained and works again", async () => {
  await part("Runners");
  const runner = page.locator("article").first();
  await runner.getByRole("button", { name: /^Drain/ }).click();
  await runner.getByText("Draining").waitFor();
  await runner.getByText(/Drained by user:ada/).waitFor();
  await photograph(page, "settings-runners");
  await runner.getByRole("button", { name: /^Let it work again/ }).click();
  await runner.getByText("Active").waitFor();
});

test("nothing was refused, and everything stayed accessible", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
