// The browser that the tests drive, and what they hold against every page.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const CANDIDATES = [process.env.ANDON_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SCREENSHOTS = fileURLToPath(new URL("../screenshots/", import.meta.url));
const VIEWPORTS = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** The address of the server under test, without a slash at its end. */
export function serverUrl() {
  const url = process.env.ANDON_URL;
  assert.ok(url, "ANDON_URL must name the server under test; scripts/browser-tests.sh sets it");
  return url.replace(/\/$/, "");
}

/** The one-time link that the server printed at its first start. */
export function signInLink() {
  const link = process.env.ANDON_SIGN_IN_LINK;
  assert.ok(link, "ANDON_SIGN_IN_LINK must hold the link that the server printed; scripts/browser-tests.sh sets it");
  return link;
}

export async function launchBrowser() {
  const executablePath = CANDIDATES.find((path) => path && existsSync(path));
  assert.ok(executablePath, "no Chromium found; scripts/setup.sh test installs it, or set ANDON_CHROMIUM");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The account of the tests. */
export const ACCOUNT = { name: "ada", password: "a long enough password" };

/** Signs in, however far the tests before this one have come: the one-time link works once, the password from then on. */
export async function signIn(page) {
  await page.goto(`${serverUrl()}/signin`);
  await page.getByLabel("Name").fill(ACCOUNT.name);
  await page.getByLabel("Password").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const runs = page.getByRole("heading", { name: "Runs", exact: true });
  const refused = page.getByRole("alert");
  await runs.or(refused).first().waitFor();
  if (await runs.isVisible()) return;
  await page.goto(signInLink());
  await page.getByLabel("Name").fill(ACCOUNT.name);
  await page.getByLabel("Password").fill(ACCOUNT.password);
  await page.getByRole("button", { name: "Set the password and sign in" }).click();
  await runs.waitFor();
}

/** Sends a changing request as the page would; answers what the server said. The path is below `/api/v1/`. */
export async function ask(page, method, path, body, type = "application/json") {
  const answer = await page.evaluate(
    async ([how, where, text, kind]) => {
      const token = document.cookie.split("; ").find((pair) => pair.startsWith("andon_csrf="));
      const headers = { "content-type": kind, "x-andon-csrf": decodeURIComponent((token ?? "").slice("andon_csrf=".length)) };
      const sent = { method: how, headers };
      if (text !== null) sent.body = text;
      const response = await fetch(`/api/v1/${where}`, sent);
      return { ok: response.ok, text: await response.text() };
    },
    [method, path, body ?? null, type],
  );
  assert.ok(answer.ok, answer.text);
  return answer.text === "" ? null : JSON.parse(answer.text);
}

export const setPipeline = (page, name, text) => ask(page, "PUT", `workspaces/main/pipelines/${name}`, text, "application/yaml");

/** A page that remembers everything it should not have done: foreign requests, script errors, refused content. */
export async function openPage(browser, origin) {
  const context = await browser.newContext({ viewport: VIEWPORTS.wide });
  context.setDefaultTimeout(Number(process.env.ANDON_TEST_TIMEOUT_MS ?? 60_000));
  const page = await context.newPage();
  const faults = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`left the origin: ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(`refused content: ${message.text()}`);
  });
  return { context, page, faults };
}

/**
 * Pictures of one screen: wide and phone, light and dark, each held against the rules of WCAG 2.2 AA that a program can check.
 * A phone must never have to scroll sideways.
 */
export async function photograph(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [size, viewport] of Object.entries(VIEWPORTS)) {
    await page.setViewportSize(viewport);
    await page.evaluate(untilPictureStands);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SCREENSHOTS}${name}-${size}-${colorScheme}.png`, fullPage: true });
      await checkAccessibility(page, `${name}, ${size}, ${colorScheme}`);
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= viewport.width, `${name} is ${width} px wide on a screen of ${viewport.width} px`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(VIEWPORTS.wide);
}

/** A picture of a line is fitted to a new window, and shows what it then has room for once it stands for some frames. */
async function untilPictureStands() {
  if (document.querySelector("[data-moving]") === null) return;
  for (let still = 0; still < 12; still = document.querySelector('[data-moving="true"]') === null ? still + 1 : 0) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** What `photograph` found against accessibility on all screens so far; a test at the end holds it empty. */
export const accessibilityFaults = [];

/** The rules of WCAG 2.2 AA, as far as axe can check them, and one main region and one first heading. */
async function checkAccessibility(page, where) {
  const violations = await page.evaluate(`(async () => {
    ${axe.source};
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] });
    // In a picture that is zoomed out, targets are smaller than they are drawn; its list and the panels beside it have the same ones at full
    // size, as WCAG 2.5.8 allows. At full size the picture itself keeps the rule.
    const isSmall = ({ target }) => {
      const picture = document.querySelector(target[0])?.closest(".react-flow__viewport");
      return picture != null && new DOMMatrix(getComputedStyle(picture).transform).a < 1;
    };
    return violations
      .map(({ id, help, nodes }) => ({ id, help, nodes: id === "target-size" ? nodes.filter((node) => !isSmall(node)) : nodes }))
      .filter(({ nodes }) => nodes.length > 0)
      .map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ html }) => html.slice(0, 160)) }));
  })()`);
  for (const violation of violations) accessibilityFaults.push({ where, ...violation });
  const [mains, headings] = await page.evaluate(() => ["main", "h1"].map((tag) => document.querySelectorAll(tag).length));
  if (mains !== 1 || headings !== 1) accessibilityFaults.push({ where, help: `${mains} main regions and ${headings} first headings` });
}

/** Waits until exactly so many elements are there, at least one. */
export async function waitForCount(locator, count) {
  await locator.nth(count - 1).waitFor();
  await locator.nth(count).waitFor({ state: "detached" });
}

/**
 * A story in one browser: its steps build on one another, so that after one has failed the others do not run.
 * `begin` takes `{ browser, page, faults }` before the first step. Answers `step(name, act)`. A failed step leaves a picture of where it stood.
 */
export function tellStory(begin) {
  let opened;
  let failed = null;
  before(async () => {
    const browser = await launchBrowser();
    opened = { browser };
    Object.assign(opened, await openPage(browser, new URL(serverUrl()).origin));
    await begin(opened);
  });
  after(() => opened?.browser.close());
  return (name, act) =>
    test(name, async () => {
      assert.equal(failed, null, `not run: the step "${failed}" failed`);
      failed = name;
      try {
        await act();
      } catch (error) {
        mkdirSync(SCREENSHOTS, { recursive: true });
        await opened.page.screenshot({ path: `${SCREENSHOTS}failed-${name.replace(/[^a-z0-9]+/gi, "-")}.png` });
        throw error;
      }
      failed = null;
    });
}
