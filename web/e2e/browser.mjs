// The browser that the tests drive, and what they hold against every page.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

/** A page that remembers everything it should not have done: foreign requests, script errors, refused content. */
export async function openPage(browser, origin) {
  const context = await browser.newContext({ viewport: VIEWPORTS.wide });
  context.setDefaultTimeout(60_000);
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

/** Pictures of one screen: wide and phone, light and dark. A phone must never have to scroll sideways. */
export async function photograph(page, name) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [size, viewport] of Object.entries(VIEWPORTS)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SCREENSHOTS}${name}-${size}-${colorScheme}.png` });
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= viewport.width, `${name} is ${width} px wide on a screen of ${viewport.width} px`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(VIEWPORTS.wide);
}

/** Every control needs a name that a screen reader can say, and every page one main region and one first heading. */
export async function checkAccessibility(page) {
  const faults = await page.evaluate(() => {
    const found = [];
    if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main region");
    if (document.querySelectorAll("h1").length !== 1) found.push("not exactly one first heading");
    for (const control of document.querySelectorAll("button, a[href], input, textarea, select")) {
      const label = control.labels?.[0]?.textContent ?? "";
      const name = `${control.getAttribute("aria-label") ?? ""}${label}${control.textContent ?? ""}`.trim();
      if (name === "") found.push(`no name: ${control.outerHTML.slice(0, 120)}`);
    }
    for (const image of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${image.outerHTML}`);
    if (document.documentElement.lang === "") found.push("no language");
    return found;
  });
  assert.deepEqual(faults, []);
}
