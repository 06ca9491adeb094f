// The line as a picture, a run, a job run: their main acts, against the real server. The steps build on one another.

import assert from "node:assert/strict";
import { accessibilityFaults, ask, openPage, photograph, serverUrl, setPipeline, signIn, tellStory, waitForCount } from "./browser.mjs";
import { manyJobs } from "./generated.mjs";
import { checkOutline } from "./outline.mjs";

const SHOP = `pipeline: shop
description: What the picture's tests watch
resources:
  settings: { type: params, values: { LEVEL: one } }
  colours: { type: params, values: { SHADE: green } }
  app: { type: file }
  staging: { type: environment }
  production: { type: environment }
jobs:
  build:
    description: Makes the archive
    inputs: [settings, { resource: colours, trigger: false }]
    outputs: [app]
    steps:
      - name: prepare
        run: |
          echo "::group::Prepare"
          for n in $(seq 1 30); do echo "preparing part $n"; done
          echo "::endgroup::"
          echo "building at level $ANDON_INPUT_SETTINGS_LEVEL"
      - name: write
        run: |
          mkdir -p kept
          echo app > "$ANDON_OUTPUTS/app/app.txt"
          echo level=$ANDON_INPUT_SETTINGS_LEVEL >> "$ANDON_STATE"
          echo kept > kept/notes.txt
          printf '## Built\\n\\n| part | size |\\n|---|---|\\n| app | 4 B |\\n\\n[the manual](https://example.org/manual) and <b>no markup</b>\\n' >> "$ANDON_SUMMARY"
      - artifacts: { paths: ["kept/*.txt"] }
  unit:
    after: [build]
    inputs: [app]
    steps:
      - run: |
          cat > results.xml <<'END'
          <testsuite name="shop" tests="2"><testcase classname="cart" name="adds" time="0.1"/><testcase classname="cart" name="sums" time="0.2"><failure message="expected 4">found 5</failure></testcase></testsuite>
          END
          echo tested
      - reports: { junit: [results.xml] }
  lint:
    after: [build]
    inputs: [app]
    steps:
      - run: |
          echo "looking"
          echo "::error file=src/cart.js,line=12::unused variable total"
          exit 1
  tell-the-team:
    after: [{ job: lint, on: failed }]
    steps: [{ run: echo told }]
  try-on-staging:
    after: [unit]
    inputs: [app]
    outputs: [staging]
    steps: [{ run: echo staged }]
  sign-off:
    after: [try-on-staging]
    inputs: [app]
    approval:
      require:
        - { from: ["role:admin"], count: 1 }
  deploy-to-production:
    after: [sign-off]
    inputs: [app]
    outputs: [production]
    steps: [{ run: echo deployed }]
`;

const url = serverUrl();
let browser;
let page;
let faults;
const step = tellStory((opened) => {
  ({ browser, page, faults } = opened);
});

const station = (name) => page.locator(`[data-station="job:${name}"]`);
const tone = (name, word) => page.locator(`[data-station="job:${name}"] [data-status="${word}"]`);
const search = () => new URL(page.url()).searchParams;

step("a new line shows itself and moves while one watches", async () => {
  await signIn(page);
  await setPipeline(page, "shop", SHOP.replace("LEVEL: one", "LEVEL: zero"));
  await page.goto(`${url}/w/main/pipelines/shop`);
  await station("build").waitFor();
  await tone("sign-off", "Awaiting people").waitFor();
  await tone("lint", "Failed").waitFor();
  await tone("tell-the-team", "Succeeded").waitFor();
  assert.match(await station("sign-off").innerText(), /0 of 1 approval/);
  await photograph(page, "line");
});

step("no station moves when states change", async () => {
  const places = () =>
    page.evaluate(() => [...document.querySelectorAll(".react-flow__node")].map((node) => [node.dataset.id, node.style.left, node.style.top]).toSorted());
  const earlier = await places();
  assert.ok(earlier.length >= 10, `${earlier.length} stations`);
  await setPipeline(page, "shop", SHOP);
  await page.locator('[data-station="job:build"]:has-text("#2")').waitFor();
  await tone("build", "Succeeded").waitFor();
  await page.locator('[data-station="job:lint"]:has-text("#2")').waitFor();
  assert.deepEqual(await places(), earlier);
});

step("hovering a job dims what is not upstream of it", async () => {
  await station("unit").hover();
  await page.locator('[data-station="job:sign-off"][data-dim="true"]').waitFor();
  assert.equal(await station("build").getAttribute("data-dim"), "false");
  await page.mouse.move(5, 400);
  await page.locator('[data-station="job:sign-off"][data-dim="false"]').waitFor();
});

step("a job answers why, with its latest runs", async () => {
  await station("deploy-to-production").click();
  const panel = page.getByRole("complementary", { name: "Job deploy-to-production" });
  await panel.getByRole("heading", { name: "Why" }).waitFor();
  await panel.getByText("Waiting", { exact: true }).or(panel.getByText("Blocked", { exact: true })).first().waitFor();
  assert.equal(search().get("job"), "deploy-to-production");
  await photograph(page, "line-why");
  await station("lint").click();
  await page.getByRole("complementary", { name: "Job lint" }).getByRole("link", { name: "#2" }).waitFor();
});

step("the cord holds a job with a reason, and can be undone", async () => {
  await station("unit").click();
  const panel = page.getByRole("complementary", { name: "Job unit" });
  await panel.getByRole("button", { name: "Pause unit" }).click();
  await panel.getByLabel("Reason").fill("The test machine moves");
  await panel.getByRole("button", { name: "Pause unit" }).click();
  await tone("unit", "Paused").waitFor();
  await panel.getByText("The test machine moves").first().waitFor();
  await photograph(page, "line-paused");
  await page.getByRole("button", { name: "Undo" }).click();
  await tone("unit", "Succeeded").waitFor();
  await panel.getByRole("button", { name: "Pause unit" }).waitFor();
});

step("a job is started by hand with a note", async () => {
  await station("build").click();
  const panel = page.getByRole("complementary", { name: "Job build" });
  await panel.getByRole("button", { name: "Start build" }).click();
  await panel.getByLabel("Note").fill("To see it run");
  await panel.getByRole("button", { name: "Start on the newest versions" }).click();
  await panel.getByRole("link", { name: "Open its run" }).waitFor();
  await page.locator('[data-station="job:build"]:has-text("#3")').waitFor();
  await page.getByRole("button", { name: "Close the panel" }).click();
});

step("a version lights its way", async () => {
  await page.locator('[data-station="resource:settings"]').getByRole("button").click();
  await page.getByText(/The way of settings/).waitFor();
  await page.locator('[data-station="resource:colours"][data-dim="true"]').waitFor();
  assert.equal(await station("build").getAttribute("data-dim"), "false");
  await photograph(page, "line-version");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator('[data-station="resource:colours"][data-dim="false"]').waitFor();
});

step("what leads to one job stands alone for as long as one likes, and a resource's name leads to its page", async () => {
  await station("unit").click();
  await page.getByRole("button", { name: "Only what leads here" }).click();
  await page.locator('[data-station="job:lint"][data-dim="true"]').waitFor();
  assert.equal(search().get("focus"), "unit");
  await page.getByRole("button", { name: "Close the panel" }).click();
  await page.getByText("Only what leads to unit").waitFor();
  await photograph(page, "line-ancestry");
  await page.getByRole("button", { name: "Show all" }).click();
  await page.locator('[data-station="job:lint"][data-dim="false"]').waitFor();
  await page.getByRole("link", { name: "app", exact: true }).first().click();
  await page.waitForURL(/resources\/shop\/app/);
  await page.goBack();
  await station("unit").waitFor();
});

step("lanes, search and the list are in the address", async () => {
  await page.getByRole("button", { name: "Lanes" }).click();
  await page.locator("svg text", { hasText: "production" }).first().waitFor();
  await photograph(page, "line-lanes");
  await page.getByRole("button", { name: "Lanes" }).click();
  await page.keyboard.press("Escape");
  await page.locator("main").focus();
  await page.keyboard.press("/");
  await page.keyboard.type("deploy");
  await page.locator('[data-station="job:build"][data-dim="true"]').waitFor();
  assert.equal(search().get("q"), "deploy");
  await page.getByRole("button", { name: "As a list" }).click();
  await page.getByRole("list", { name: "Jobs, upstream first" }).waitFor();
  await waitForCount(page.locator("[data-job]"), 1);
  await page.getByLabel("Find a job or a resource").fill("");
  await waitForCount(page.locator("[data-job]"), 7);
  for (const [job, word] of [["sign-off", "Awaiting people"], ["lint", "Failed"], ["tell-the-team", "Succeeded"]]) {
    await page.locator(`[data-job="${job}"]`).filter({ hasText: "#3" }).locator(`[data-status="${word}"]`).waitFor();
  }
  await checkOutline(page.getByRole("main"), "line-list");
  await photograph(page, "line-list");
});

step("the palette goes anywhere by typing, and ? shows the keys", async () => {
  await page.locator("main").focus();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("shop");
  await page.getByRole("option", { name: /shop/ }).first().waitFor();
  await photograph(page, "palette");
  await page.keyboard.press("Escape");
  await page.getByRole("combobox").waitFor({ state: "detached" });
  await page.locator("main").focus();
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await photograph(page, "help");
  await page.getByRole("button", { name: "Close" }).click();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
});

step("a run shows the line with its states, its timeline and what it made", async () => {
  await page.getByRole("link", { name: "shop #2" }).click();
  await page.getByText("Viewing a run").waitFor();
  await tone("build", "Succeeded").waitFor();
  await tone("lint", "Failed").waitFor();
  await page.getByRole("region", { name: "Timeline" }).getByText("build").waitFor();
  await page.getByText(/made app/).first().waitFor();
  await page.getByText(/made staging/).first().waitFor();
  await checkOutline(page.getByRole("region", { name: "Causes and effects" }), "run-causes");
  await photograph(page, "run-picture");
});

step("a run whose pipeline has changed since says so, shows the difference and restores", async () => {
  await setPipeline(page, "shop", `${SHOP}  after-all:\n    after: [deploy-to-production]\n    steps: [{ run: echo end }]\n`);
  await page.getByText(/has other jobs or other ways/).waitFor();
  await page.getByRole("button", { name: "Show the difference" }).click();
  await page.getByText("after-all:").first().waitFor();
  await photograph(page, "run-difference");
  await page.getByRole("button", { name: "Restore revision 2" }).click();
  await page.getByText(/Revision 4 has the text of revision 2/).first().waitFor();
  await page.getByText(/has other jobs or other ways/).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Back to line" }).click();
  await station("build").waitFor();
});

step("a job run has its log with groups, search and line links", async () => {
  await page.goBack();
  await station("build").click();
  const log = page.getByRole("log");
  await log.getByText("building at level one").waitFor();
  await log.getByText("preparing part 7", { exact: true }).waitFor({ state: "detached" });
  await page.getByLabel("Search the log").fill("PART 7");
  await page.getByText("1 of 1 hit").first().waitFor();
  await page.keyboard.press("Enter");
  await log.getByText("preparing part 7", { exact: true }).waitFor();
  await log.getByRole("link", { name: "Link to line 3", exact: true }).dispatchEvent("click");
  await page.waitForURL(/#L3$/);
  await photograph(page, "jobrun-log");
  await page.getByRole("button", { name: "Times" }).click();
  await page.waitForURL(/times=1/);
  await log.locator('[data-time^="0:"]').first().waitFor();
  await photograph(page, "jobrun-times");
  await page.getByRole("button", { name: "Times" }).click();
  await log.locator("[data-time]").first().waitFor({ state: "detached" });
});

step("steps, versions, summary, state and files of a job run", async () => {
  await page.getByRole("tab", { name: /Steps/ }).click();
  await page.getByRole("cell", { name: "prepare" }).waitFor();
  await photograph(page, "jobrun-steps");
  await page.getByRole("tab", { name: "Inputs and outputs" }).click();
  await page.getByText("Changed from").first().waitFor();
  await checkOutline(page.getByRole("main"), "jobrun-versions");
  await photograph(page, "jobrun-versions");
  await page.getByRole("tab", { name: "Summary" }).click();
  await page.getByRole("heading", { name: "Built" }).waitFor();
  await page.getByText("<b>no markup</b>").first().waitFor();
  await photograph(page, "jobrun-summary");
  await page.getByRole("tab", { name: /Artifacts/ }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "kept/notes.txt" }).click()]);
  assert.equal(download.suggestedFilename(), "notes.txt");
  await photograph(page, "jobrun-artifacts");
});

step("failed tests stand first, and a failed log opens at its error", async () => {
  await page.goBack();
  await page.goto(`${url}/w/main/runs`);
  await page.getByRole("link", { name: "shop #2" }).click();
  await station("unit").click();
  await page.getByRole("tab", { name: /1 failed/ }).click();
  await page.getByText("found 5").first().waitFor();
  const sums = page.locator('[data-test="sums"]');
  await sums.getByText("Earlier results").click();
  await sums.getByRole("link", { name: "#2", exact: true }).waitFor();
  await sums.getByRole("link", { name: "#1", exact: true }).waitFor();
  await photograph(page, "jobrun-tests");
  await page.goBack();
  await page.goto(`${url}/w/main/runs`);
  await page.getByRole("link", { name: "shop #2" }).click();
  await station("lint").click();
  await page.getByRole("list", { name: "Errors" }).getByText("unused variable total").waitFor();
  await page.getByRole("button", { name: "First error" }).waitFor();
  await photograph(page, "jobrun-failed");
  await page.getByRole("button", { name: "Run all failed jobs again" }).waitFor();
  await page.getByRole("button", { name: "Run lint again" }).click();
  await page.getByRole("link", { name: "Open it" }).click();
  await page.getByRole("heading", { name: "lint #2.1" }).waitFor();
});

step("a phone gets the line as a list", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${url}/w/main/pipelines/shop`);
  await page.getByRole("list", { name: "Jobs, upstream first" }).waitFor();
  await photograph(page, "line-phone");
});

step("and as a picture where it asks for one, whole in its window", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${url}/w/main/pipelines/shop?view=graph`);
  await station("build").waitFor();
  await page.waitForFunction(() => {
    const frame = document.querySelector(".react-flow").getBoundingClientRect();
    const inside = ({ left, right, top, bottom }) => left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom;
    const all = [...document.querySelectorAll("[data-station]")];
    return frame.height > 300 && all.length > 0 && all.every((one) => inside(one.getBoundingClientRect()));
  });
  await page.setViewportSize({ width: 1440, height: 900 });
});

step("three hundred jobs stand in one picture, with a small one beside it", async () => {
  await setPipeline(page, "large", manyJobs("large", 300, 12));
  await page.goto(`${url}/w/main/pipelines/large?view=graph`);
  await tone("begin", "Awaiting people").or(page.locator("[data-stations]")).first().waitFor();
  await page.getByRole("img", { name: "The whole line, small" }).waitFor();
  await photograph(page, "line-large");
});

step("long names and a line that nothing has run on yet", async () => {
  const long = "a-job-with-quite-a-long-name-that-says-everything-it-does";
  await setPipeline(page, "odd", `pipeline: odd\nresources:\n  a-resource-with-a-long-name-too: { type: git, repository: none }\njobs:\n  ${long}:\n    inputs: [a-resource-with-a-long-name-too]\n    steps: [{ run: 'true' }]\n`);
  await page.goto(`${url}/w/main/pipelines/odd?view=graph`);
  await station(long).waitFor();
  await photograph(page, "line-empty");
});

step("a viewer sees no button that the server would refuse", async () => {
  const { link: made } = await ask(page, "POST", "users", JSON.stringify({ name: "vera" }));
  await ask(page, "PUT", "workspaces/main/members/vera", JSON.stringify({ role: "viewer" }));
  const other = await openPage(browser, new URL(url).origin);
  await other.page.goto(made);
  await other.page.getByLabel("Password").fill("quite another password");
  await other.page.getByRole("button", { name: "Set the password and sign in" }).click();
  await other.page.getByRole("heading", { name: "Runs", exact: true }).waitFor();
  await other.page.goto(`${url}/w/main/pipelines/shop?job=build`);
  await other.page.getByRole("complementary", { name: "Job build" }).getByRole("heading", { name: "Why" }).waitFor();
  for (const name of [/^Pause/, /^Start/]) assert.equal(await other.page.getByRole("button", { name }).count(), 0, String(name));
  assert.deepEqual(other.faults, []);
  await other.context.close();
});

step("no page left the origin, failed, or showed what the server's policy refuses", () => {
  assert.deepEqual(faults, []);
});

step("every screen keeps the rules of accessibility, in both themes and on a phone", () => {
  assert.deepEqual(accessibilityFaults, []);
});
