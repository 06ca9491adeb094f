// A connection that breaks: the page says so, heals by itself, and shows what happened meanwhile.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { ask, serverUrl, signIn, tellStory } from "./browser.mjs";

const TEXT = (level) => `pipeline: unplugged\nresources:\n  settings: { type: params, values: { LEVEL: ${level} } }\njobs:\n  build: { inputs: [settings], steps: [{ run: 'true' }] }\n`;

const url = serverUrl();
let page;
let faults;
let plug;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});

/** A cable between the browser and the server that can be pulled out and put back. */
function layCable(target) {
  const ends = new Set();
  let isIn = true;
  const cable = createServer((near) => {
    if (!isIn) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [end, other] of [
      [near, far],
      [far, near],
    ]) {
      ends.add(end);
      end.on("close", () => {
        ends.delete(end);
        other.destroy();
      });
      end.on("error", () => end.destroy());
      end.pipe(other);
    }
  });
  return {
    listen: () => new Promise((resolve) => cable.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${cable.address().port}`))),
    pull: () => {
      isIn = false;
      for (const end of ends) end.destroy();
    },
    putBack: () => {
      isIn = true;
    },
    close: () => {
      for (const end of ends) end.destroy();
      cable.close();
    },
  };
}

before(() => {
  plug = layCable(new URL(url));
});
after(() => plug.close());

const note = () => page.getByText("Reconnecting. What you see may be old.");

const run = (number) => page.locator("tr[data-run]").filter({ hasText: `unplugged #${number}` });

step("a lost connection is said, and what happened meanwhile is there when it is back", async () => {
  const token = (await ask(page, "POST", "me/tokens", JSON.stringify({ name: "unplugged" }))).secret;
  const set = async (level) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/yaml" };
    const answer = await fetch(`${url}/api/v1/workspaces/main/pipelines/unplugged`, { method: "PUT", headers, body: TEXT(level) });
    assert.ok(answer.ok, await answer.text());
  };
  await set("one");
  const through = await plug.listen();
  await page.goto(`${through}/w/main/runs?pipeline=unplugged`);
  await run(1).waitFor();
  await set("two");
  await run(2).waitFor();
  plug.pull();
  await note().waitFor();
  assert.ok(await run(2).isVisible(), "what was there stays to be read");
  await set("three");
  plug.putBack();
  await run(3).waitFor();
  await note().waitFor({ state: "detached" });
});

test("nothing was refused, and no script failed", () => {
  assert.deepEqual(
    faults.filter((fault) => !fault.startsWith("left the origin: http://127.0.0.1:")),
    [],
  );
});
