// Measures how smoothly a large line moves: node e2e/frames.mjs [JOBS], with ANDON_URL and ANDON_SIGN_IN_LINK as for the tests.
// Prints frames per second while the picture is dragged and zoomed; it asserts nothing, because machines differ.

import { launchBrowser, openPage, serverUrl, setPipeline, signIn } from "./browser.mjs";
import { manyJobs } from "./generated.mjs";

const jobs = Number(process.argv[2] ?? 500);
const url = serverUrl();
const browser = await launchBrowser();
try {
  const { page, faults } = await openPage(browser, new URL(url).origin);
  await signIn(page);
  await setPipeline(page, `frames-${jobs}`, manyJobs(`frames-${jobs}`, jobs, 16));
  const began = Date.now();
  await page.goto(`${url}/w/main/pipelines/frames-${jobs}?view=graph`);
  await page.locator("[data-stations]").waitFor();
  await page.locator("[data-station]").first().waitFor();
  process.stdout.write(`${jobs} jobs: first picture after ${Date.now() - began} ms\n`);
  for (const [name, act] of Object.entries({ "whole line, dragged": drag, "whole line, zoomed": zoom, "closer, dragged": drag })) {
    if (name.startsWith("closer")) for (let step = 0; step < 4; step += 1) await page.getByRole("button", { name: "Zoom in" }).click();
    await page.evaluate(count);
    const moves = await act(page);
    const { frames, milliseconds, longest } = await page.evaluate(() => globalThis.stopCounting());
    process.stdout.write(`${name}: ${((frames * 1000) / milliseconds).toFixed(1)} frames per second, longest frame ${longest.toFixed(0)} ms, ${moves} moves\n`);
  }
  for (const fault of faults) process.stdout.write(`fault: ${fault}\n`);
} finally {
  await browser.close();
}

function count() {
  const began = performance.now();
  let [frames, last, longest, on] = [0, began, 0, true];
  requestAnimationFrame(function next(now) {
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    if (on) requestAnimationFrame(next);
  });
  globalThis.stopCounting = () => {
    on = false;
    return { frames, milliseconds: performance.now() - began, longest };
  };
}

async function drag(page) {
  const box = await page.locator("[data-stations]").boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, box.y + 4);
  await page.mouse.down();
  const moves = 180;
  for (let at = 0; at < moves; at += 1) await page.mouse.move(middle.x + 200 * Math.sin(at / 12), box.y + 4 + 60 * Math.abs(Math.sin(at / 17)));
  await page.mouse.up();
  return moves;
}

async function zoom(page) {
  const box = await page.locator("[data-stations]").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down("Control");
  const moves = 120;
  for (let at = 0; at < moves; at += 1) await page.mouse.wheel(0, at % 60 < 30 ? -20 : 20);
  await page.keyboard.up("Control");
  return moves;
}
