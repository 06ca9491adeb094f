import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENT_KINDS, keysTouchedBy, mergeKeys } from "./changes";

test("a job run's step touches its run, the lists and the pipelines", () => {
  expect(keysTouchedBy("job-run-moved", { run: "r1", status: "running" })).toEqual([["runs"], ["pipelines"], ["line"], ["run", "r1"], ["environments"]]);
});

test("an event without a run touches whichever run is on screen", () => {
  expect(keysTouchedBy("task-moved", { task: "t1", run: "r1" })).toEqual([["run", "r1"], ["task", "t1"], ["inbox"]]);
  expect(keysTouchedBy("gate-decided", { gate: "g1" })).toEqual([["run"], ["line"], ["gate", "g1"], ["inbox"], ["environments"]]);
});

test("what no screen shows touches nothing", () => {
  expect(keysTouchedBy("something-newer", {})).toEqual([]);
});

test("what somebody does also touches the audit trail, what the line does by itself not", () => {
  expect(keysTouchedBy("secret-changed", { name: "deploy", actor: "user:ada" })).toEqual([["settings"], ["audit"]]);
  expect(keysTouchedBy("runner-changed", { actor: "runner:one" })).toEqual([["runners"]]);
});

test("merging drops repeats and what a shorter key stands for", () => {
  const touched = [["run", "r1"], ["runs"], ["run", "r1"], ["run"], ["runs"]];
  expect(mergeKeys(touched)).toEqual([["runs"], ["run"]]);
  expect(mergeKeys([["runs"], ["run", "r1"]])).toEqual([["runs"], ["run", "r1"]]);
});

test("every event of the server's contract is listened for", () => {
  const source = readFileSync(new URL("../../../pipelines/src/event.rs", import.meta.url), "utf8");
  const start = source.indexOf("pub enum Event {");
  const body = source.slice(start, source.indexOf("\n}", start));
  const variants = [...body.matchAll(/^ {4}([A-Z][A-Za-z]+)(?: \{|\(|,)/gm)].map((found) =>
    (found[1] ?? "").replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase(),
  );
  expect(variants.length).toBeGreaterThan(20);
  expect([...EVENT_KINDS].toSorted()).toEqual(variants.toSorted());
});
