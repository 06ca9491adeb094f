import { expect, test } from "vitest";
import { ancestryOf, wayOfVersion } from "./ancestry";
import { withPause } from "./Cord";
import { drawLine } from "./drawing";
import { orderJobs } from "./order";
import { edge, graph, job, jobRun, SHOP } from "./testing";
import { travelledWays } from "./travel";
import { causeOf, jobLook, progressOf } from "./words";

test("an ancestry is everything upstream, with the ways between", () => {
  const found = ancestryOf(drawLine(SHOP), "job:sign");
  expect([...found].filter((id) => !id.includes(" ")).toSorted()).toEqual(["job:build", "job:sign", "job:unit", "resource:source"]);
  expect(found.has("job:build job:unit after")).toBe(true);
  expect(found.has("job:unit job:tell after-failed")).toBe(false);
});

test("an ancestry ends where a loop closes", () => {
  const loop = drawLine(graph({ jobs: [job("one"), job("two")], edges: [edge("one", "two"), edge("two", "one")] }));
  expect(ancestryOf(loop, "job:one").size).toBe(4);
});

test("a version's way leads over the stations that had it", () => {
  const jobs = SHOP.jobs.map((each) => (each.name === "build" || each.name === "unit" ? { ...each, passed: { source: "v1" } } : each));
  const way = wayOfVersion({ ...SHOP, jobs, versions: { v1: { resource: "source", values: {}, made_by: null, created_at: 0 } } }, "v1");
  expect([...way].toSorted()).toEqual(["job:build", "job:build job:unit after", "job:unit", "resource:source", "resource:source job:build trigger"]);
});

const version = (resource: string, maker: string | null) => ({ resource, values: {}, made_by: maker, created_at: 0 });

test("the way goes on with what was made from the version", () => {
  const versions = { v1: version("source", null), a1: version("app", "b1"), p1: version("production", "d1") };
  const line = graph({
    jobs: [
      job("build", { latest: jobRun("b1", { versions: { source: "v1", app: "a1" } }), passed_run: "b1", passed: { source: "v1", app: "a1" } }),
      job("deploy", { latest: jobRun("d1", { versions: { app: "a1", production: "p1" } }) }),
      job("other", { latest: jobRun("o1", { versions: { source: "v0" } }) }),
    ],
    resources: [{ name: "production", kind: "environment", newest: "p1", pinned: false, check_error: null }],
    edges: [edge("build", "deploy", "trigger", ["app"]), edge("deploy", "(production)", "output", ["production"])],
    versions,
  });
  const stations = (id: string) => [...wayOfVersion(line, id)].filter((each) => !each.includes(" ")).toSorted();
  expect(stations("v1")).toEqual(["job:build", "job:deploy", "resource:production"]);
  expect(stations("p1")).toEqual(["job:deploy", "resource:production"]);
});

test("a job that started lights the ways into it, once", () => {
  const started = { ...SHOP, jobs: SHOP.jobs.map((each) => (each.name === "build" ? { ...each, latest: jobRun("b1") } : each)) };
  expect([...travelledWays(SHOP, started)]).toEqual(["resource:source job:build trigger"]);
  expect(travelledWays(started, started).size).toBe(0);
  expect(travelledWays(null, started).size).toBe(0);
});

test("a new version of an environment lights the way into it", () => {
  const deployed = { ...SHOP, resources: SHOP.resources.map((each) => (each.name === "production" ? { ...each, newest: "p1" } : each)) };
  expect([...travelledWays(SHOP, deployed)]).toEqual(["job:deploy resource:production output"]);
});

test("the list puts every job behind those that it follows", () => {
  const turned = { ...SHOP, jobs: SHOP.jobs.toReversed() };
  const names = orderJobs(turned).map((listed) => listed.job.name);
  expect(names.indexOf("build")).toBeLessThan(names.indexOf("unit"));
  expect(names.indexOf("sign")).toBeLessThan(names.indexOf("deploy"));
  expect(names).toHaveLength(5);
  expect(orderJobs(SHOP).find((listed) => listed.job.name === "deploy")?.from).toEqual(["sign"]);
});

test("the list of a loop ends", () => {
  expect(orderJobs({ jobs: [job("one"), job("two")], edges: [edge("one", "two"), edge("two", "one")] })).toHaveLength(2);
});

test("one line of cause says what a job waits for", () => {
  const approvals = { have: 1, needed: 2 };
  expect(causeOf(job("sign", { latest: jobRun("s", { status: "awaiting", approvals }) }), false)).toBe("1 of 2 approvals");
  expect(causeOf(job("deploy", { verdict: "blocked", cause: "sign has not passed" }), false)).toBe("sign has not passed");
  expect(causeOf(job("unit", { latest: jobRun("u", { status: "failed", reason: "exit-code" }) }), false)).toBe("exit code");
  expect(causeOf(job("unit", { paused: { by: "user:ada", reason: "moving", at: 0 } }), false)).toBe("ada: moving");
  expect(causeOf(job("unit", { latest: jobRun("u") }), false)).toBe("");
});

test("a pause shows, unless something is still under way", () => {
  const paused = { by: "user:ada", reason: null, at: 0 };
  expect(jobLook(job("unit", { paused, latest: jobRun("u") })).word).toBe("Paused");
  expect(jobLook(job("unit", { paused, latest: jobRun("u", { status: "running" }) })).word).toBe("Running");
  expect(jobLook(job("unit")).word).toBe("Has not run");
});

test("progress is measured against the usual time", () => {
  const running = job("unit", { usual_ms: 100, latest: jobRun("u", { started_at: 1000, ended_at: null }) });
  expect(progressOf(running, 1050)).toBe(0.5);
  expect(progressOf(running, 9000)).toBe(1);
  expect(progressOf(job("unit"), 1000)).toBeNull();
});

test("a pause is shown before the server has answered", () => {
  const paused = { by: "user:ada", reason: "moving", at: 5 };
  expect(withPause(SHOP, "unit", paused).jobs.map((each) => each.paused?.reason)).toEqual([undefined, "moving", undefined, undefined, undefined]);
  expect(withPause(SHOP, undefined, paused).paused).toEqual(paused);
});
