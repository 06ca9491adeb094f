// Measures how smoothly a large line moves: node e2e/frames.mjs [JOBS], with ANDON_URL and ANDON_SIGN_IN_LINK as for the tests.
// Prints frames per second while the picture is dragged and zoomed, at rest and while events change the line, and which share of the frames
// came late; beside those of an empty page (what the machine can do now) and the processor time that the page itself takes for one frame:
// below 16.6 ms it keeps up with 60 frames per second. It asserts nothing, because machines differ.

import { ask, launchBrowser, openPage, serverUrl, setPipeline, signIn } from "./browser.mjs";
import { sendEvents } from "./events.mjs";
import { manyJobs } from "./generated.mjs";

const jobs = Number(process.argv[2] ?? 500);
const EVENTS_PER_SECOND = 20;
const url = serverUrl();
const browser = await launchBrowser();
try {
  const { page, faults } = await openPage(browser, new URL(url).origin);
  await measure(page, "empty page", () => page.waitForTimeout(3000));
  await signIn(page);
  await setPipeline(page, `frames-${jobs}`, manyJobs(`frames-${jobs}`, jobs, 16));
  const began = Date.now();
  await page.goto(`${url}/w/main/pipelines/frames-${jobs}?view=graph`);
  await page.locator("[data-stations]").waitFor();
  await page.locator("[data-station]").first().waitFor();
  process.stdout.write(`${jobs} jobs: first picture after ${Date.now() - began} ms\n`);
  for (const [name, act] of Object.entries({ "whole line, dragged": drag, "whole line, zoomed": zoom, "closer, dragged": drag })) {
    if (name.startsWith("closer")) for (let step = 0; step < 4; step += 1) await page.getByRole("button", { name: "Zoom in" }).click();
    await measure(page, name, () => act(page));
  }
  const token = (await ask(page, "POST", "me/tokens", JSON.stringify({ name: "frames" }))).secret;
  const sender = sendEvents({ url, token, resource: `frames-${jobs}/button`, rate: EVENTS_PER_SECOND });
  for (const [name, act] of Object.entries({ dragged: drag, zoomed: zoom })) await measure(page, `${name} under ${EVENTS_PER_SECOND} events a second`, () => act(page));
  await sender.stop();
  await setPipeline(page, "lines", `pipeline: lines\nresources:\n  settings: { type: params, values: { LEVEL: one } }\njobs:\n  print: { inputs: [settings], steps: [{ run: 'seq -f "line %.0f of a long log that goes on and on" 1 200000' }] }\n`);
  await page.goto(`${url}/w/main/pipelines/lines?job=print&view=list`);
  await page.locator('[data-job="print"] [data-status="Succeeded"]').waitFor();
  await page.getByRole("link", { name: "#1" }).click();
  const opened = Date.now();
  await page.locator('[data-lines="200000"]').waitFor();
  process.stdout.write(`a log of 200,000 lines: there after ${Date.now() - opened} ms\n`);
  await measure(page, "log, scrolled from end to end", () => page.evaluate(scrollLog));
  for (const fault of faults) process.stdout.write(`fault: ${fault}\n`);
} finally {
  await browser.close();
}

async function measure(page, name, act) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((metric) => [metric.name, metric.value * 1000]));
  const before = await spent();
  await page.evaluate(count);
  await act();
  const { frames, milliseconds, longest, late, missed } = await page.evaluate(() => globalThis.stopCounting());
  const after = await spent();
  const each = (metric) => ((after[metric] - before[metric]) / frames).toFixed(2);
  process.stdout.write(
    `${name}: ${((frames * 1000) / milliseconds).toFixed(1)} frames per second, longest ${longest.toFixed(0)} ms, ${share(late, frames)} above 16.7 ms, ${share(missed, frames)} above 33 ms; processor time for a frame ` +
      `${each("TaskDuration")} ms (script ${each("ScriptDuration")}, style ${each("RecalcStyleDuration")}, layout ${each("LayoutDuration")})\n`,
  );
  await session.detach();
}

function share(part, whole) {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

function count() {
  const began = performance.now();
  let [frames, last, longest, late, missed, on] = [0, began, 0, 0, 0, true];
  requestAnimationFrame(function next(now) {
    frames += 1;
    const took = now - last;
    longest = Math.max(longest, took);
    // A display of 60 frames per second takes 16.67 ms for one; clocks are not exact to the hundredth.
    if (took > 16.9) late += 1;
    if (took > 33.5) missed += 1;
    last = now;
    if (on) requestAnimationFrame(next);
  });
  globalThis.stopCounting = () => {
    on = false;
    return { frames, milliseconds: performance.now() - began, longest, late, missed };
  };
}

/** In 240 steps, one for each frame. */
async function scrollLog() {
  const log = document.querySelector("[role=log]");
  for (let at = 0; at <= 240; at += 1) {
    log.scrollTop = (log.scrollHeight * at) / 240;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

async function drag(page) {
  const box = await page.locator("[data-stations]").boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, box.y + 4);
  await page.mouse.down();
  for (let at = 0; at < 180; at += 1) await page.mouse.move(middle.x + 200 * Math.sin(at / 12), box.y + 4 + 60 * Math.abs(Math.sin(at / 17)));
  await page.mouse.up();
}

async function zoom(page) {
  const box = await page.locator("[data-stations]").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.keyboard.down("Control");
  for (let at = 0; at < 120; at += 1) await page.mouse.wheel(0, at % 60 < 30 ? -20 : 20);
  await page.keyboard.up("Control");
}
