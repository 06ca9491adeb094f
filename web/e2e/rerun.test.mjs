// What is run again: a test that fails and then passes on the same commit, the commits since the last run, and each button that reruns.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ACCOUNT, accessibilityFaults, photograph, serverUrl, setPipeline, signIn, tellStory, waitForCount } from "./browser.mjs";

// What goes wrong goes wrong in the first attempt alone.
const LINE = `pipeline: again
resources:
  source: { type: git, repository: again }
jobs:
  unit:
    inputs: [source]
    steps:
      - run: |
          verdict=
          if [ "$ANDON_ATTEMPT" = 1 ]; then verdict='<failure message="no answer">after 2 s</failure>'; fi
          cat > results.xml <<END
          <testsuite name="again" tests="2"><testcase classname="net" name="counts" time="0.1"/><testcase classname="net" name="answers" time="0.2">$verdict</testcase></testsuite>
          END
      - reports: { junit: [results.xml] }
  prove:
    after: [unit]
    inputs: [source]
    steps: [{ run: '[ "$ANDON_ATTEMPT" -gt 1 ]' }]
  ship:
    after: [prove]
    inputs: [source]
    steps: [{ run: echo shipped }]
`;

const url = serverUrl();
const folder = mkdtempSync(join(tmpdir(), "andon-again-"));
let page;
let faults;
const step = tellStory(async (opened) => {
  ({ page, faults } = opened);
  await signIn(page);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const git = (...words) => execFileSync("git", ["-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...words], { stdio: "pipe" });

/** One commit for each subject, and one push of them all. */
function push(...subjects) {
  for (const subject of subjects) git("commit", "-q", "--allow-empty", "-m", subject);
  const { host, protocol } = new URL(url);
  git("push", "-q", `${protocol}//${ACCOUNT.name}:${encodeURIComponent(ACCOUNT.password)}@${host}/git/main/again.git`, "main");
}

const entry = (job, number) => page.getByRole("article", { name: `${job} ${number}`, exact: true });
const ended = (job, number, word) => entry(job, number).locator(`[data-status="${word}"]`).first().waitFor();
const row = (number) => page.locator("tr[data-run]").filter({ hasText: `again #${number}` });

/** What a job has run in the run that is open. */
const runsOf = (job) => page.locator(`article[data-job="${job}"]`);

async function openRun(number, word) {
  await page.goto(`${url}/w/main/runs?pipeline=again`);
  await row(number).locator(`[data-status="${word}"]`).waitFor();
  await page.getByRole("link", { name: `again #${number}`, exact: true }).click();
}

async function openJobRun(job, number) {
  await entry(job, number).getByRole("link", { name: job, exact: true }).click();
  await page.getByRole("heading", { name: `${job} #${number}`, exact: true }).waitFor();
}

step("a job of a run's failed ones goes again, and what waited for it goes on", async () => {
  git("init", "-q", "-b", "main");
  await setPipeline(page, "again", LINE);
  push("Begin");
  await openRun(1, "Failed");
  await ended("prove", "1", "Failed");
  await page.getByRole("button", { name: "Run failed jobs again" }).click();
  await ended("prove", "1.1", "Succeeded");
  await ended("ship", "1", "Succeeded");
  // What had succeeded did not go again.
  assert.equal(await entry("unit", "1.1").count(), 0);
  await page.locator('header [role="status"] [data-status="Completed"]').waitFor();
});

step("a test that fails and passes on one commit is marked flaky, with its history", async () => {
  await openJobRun("unit", "1");
  await page.getByRole("tab", { name: "Tests 1 failed" }).click();
  const answers = page.locator('[data-test="answers"]');
  await answers.getByText("after 2 s").waitFor();
  assert.equal(await answers.getByText("flaky", { exact: true }).count(), 0);
  await page.getByRole("button", { name: "Run unit again" }).click();
  await page.getByRole("link", { name: "Open it" }).click();
  await page.getByRole("heading", { name: "unit #1.1", exact: true }).waitFor();
  await page.getByRole("tab", { name: "Tests 2" }).click();
  await answers.getByText("flaky", { exact: true }).waitFor();
  assert.equal(await page.locator('[data-test="counts"]').getByText("flaky", { exact: true }).count(), 0);
  await answers.getByText("Earlier results").click();
  const past = page.getByRole("list", { name: "Results of answers, newest first" }).getByRole("listitem");
  await waitForCount(past, 2);
  assert.match((await past.nth(0).innerText()).replaceAll(/\s+/g, " "), /^Passed #1\.1/);
  assert.match((await past.nth(1).innerText()).replaceAll(/\s+/g, " "), /^Failed #1 /);
  await photograph(page, "jobrun-flaky");
});

step("an input says which commits came since the last run", async () => {
  push("Ask twice", "Wait for the answer");
  await openRun(2, "Failed");
  await openJobRun("unit", "2");
  await page.getByRole("tab", { name: "Inputs and outputs" }).click();
  await page.getByText("Changed from").waitFor();
  const commits = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "source" }) }).getByRole("listitem");
  await waitForCount(commits, 2);
  assert.match(await commits.nth(0).innerText(), /Wait for the answer\s+Ada, /);
  assert.match(await commits.nth(1).innerText(), /Ask twice\s+Ada, /);
  await photograph(page, "jobrun-commits");
});

step("the failed jobs of its run go again from a job run", async () => {
  await openRun(2, "Failed");
  await runsOf("prove").getByRole("link", { name: "prove", exact: true }).click();
  await page.getByRole("button", { name: "Run all failed jobs again" }).click();
  await page.getByRole("link", { name: "Open the run" }).click();
  await page.locator('header [role="status"] [data-status="Completed"]').waitFor();
  await waitForCount(runsOf("unit"), 1);
  await waitForCount(runsOf("prove"), 2);
  await waitForCount(runsOf("ship"), 1);
});

step("a job run goes again with all that stood on it", async () => {
  await openJobRun("unit", "2");
  await page.getByRole("button", { name: "With all behind it" }).click();
  await page.getByRole("link", { name: "Open it" }).click();
  await page.getByRole("heading", { name: "unit #2.1", exact: true }).waitFor();
  await page.getByRole("link", { name: "Run", exact: true }).click();
  await ended("unit", "2.1", "Succeeded");
  await waitForCount(runsOf("prove"), 3);
});

step("a whole run goes again, from its page and from its row", async () => {
  push("Once more");
  await openRun(3, "Failed");
  await page.getByRole("button", { name: "Run again", exact: true }).click();
  await ended("unit", "3.1", "Succeeded");
  await runsOf("prove").nth(1).locator('[data-status="Succeeded"], [data-status="Failed"]').waitFor();
  await page.goto(`${url}/w/main/runs?pipeline=again`);
  await row(3).locator('[data-status="Failed"], [data-status="Completed"]').first().waitFor();
  await row(3).getByRole("button", { name: /^What can be done/ }).click();
  await page.getByRole("menuitem", { name: /^Run again on revision/ }).click();
  await page.getByText("again #3 runs again on the same versions").first().waitFor();
  await page.getByRole("link", { name: "again #3", exact: true }).click();
  await ended("unit", "3.2", "Succeeded");
});

test("the page asked nobody else and broke no rule", () => {
  assert.deepEqual(faults, []);
  assert.deepEqual(accessibilityFaults, []);
});
