import { describe, expect, it } from "vitest";
import { addJob, addResource, connect, disconnect, removeStation, renameStation } from "./assembly";
import { drawSketch, sketchLine, type End } from "./sketch";
import { readValues } from "./tree";

const LINE = `pipeline: shop # the name
resources:
  source: { type: git, repository: shop } # pushed here
  app: { type: file }

jobs:
  # makes the archive
  build:
    inputs: [source]
    outputs: [app]
    steps:
      - run: make

  test:
    after: [build] # at once
    inputs:
      - { resource: app, passed: [build, lint] }
    env: { after: build }
    steps: [{ run: make test }]

notify:
  - { on: [failed], jobs: [build, test], to: [approvers] }
`;

const job = (name: string): End => ({ kind: "job", name });
const resource = (name: string): End => ({ kind: "resource", name });
const tell = (text: string): string[] => sketchLine(readValues(text) ?? {}).ways.map(({ from, to, kind }) => `${from.name} ${to.name} ${kind}`);

describe("the sketch of a line", () => {
  it("has every way that the text names, and what stands elsewhere", () => {
    const sketch = sketchLine(readValues(LINE) ?? {});
    expect(tell(LINE)).toEqual(["source build trigger", "build app output", "build test after", "app test trigger", "lint test trigger"]);
    expect(sketch.stations.map(({ name, words, foreign }) => `${name}: ${words}${foreign ? " (foreign)" : ""}`)).toEqual([
      "source: git",
      "app: file",
      "build: 1 step",
      "test: 1 step",
      "lint: not in this file (foreign)",
    ]);
    expect(drawSketch(sketch).stations.map(({ id }) => id)).toContain("resource:app");
  });
});

describe("adding", () => {
  it("gives a free name, and a way from what stands before", () => {
    const { text, end } = addJob(LINE, "job", job("test"));
    expect(end).toEqual(job("job"));
    expect(text).toBe(LINE.replace("\n\nnotify:", "\n\n  job:\n    steps:\n      - run: true\n    after: [test]\n\nnotify:").replace("run: true", 'run: "true"'));
    expect(addJob(text, "job").end).toEqual(job("job-2"));
  });
  it("gives a resource what its type needs", () => {
    expect(readValues(addResource(LINE, "git").text)?.resources).toMatchObject({ git: { type: "git", repository: "shop" } });
    expect(addResource("pipeline: x\n", "params").text).toBe("pipeline: x\nresources:\n  params:\n    type: params\n    values:\n      KEY: value\n");
  });
});

describe("ways", () => {
  it("are after between jobs, inputs from a resource, outputs to one", () => {
    expect(connect(LINE, job("test"), resource("app"))).toContain("    outputs: [app]\n\nnotify:");
    expect(connect(LINE, resource("app"), job("build"))).toContain("inputs: [source, app]");
    const both = connect(addJob(LINE, "gate").text, job("build"), job("gate"));
    expect(tell(both)).toContain("build gate after");
  });
  it("are refused where they make no sense, in words", () => {
    expect(() => connect(LINE, job("build"), job("test"))).toThrow("build leads to test already.");
    expect(() => connect(LINE, job("build"), job("build"))).toThrow("build cannot lead to itself.");
    expect(() => connect(LINE, resource("app"), resource("source"))).toThrow("A resource leads to a job");
  });
  it("are taken away with what an input says of them", () => {
    const text = disconnect(LINE, job("build"), job("test"));
    expect(text).toContain("  test:\n    inputs:\n      - { resource: app, passed: [lint] }");
    expect(tell(text)).not.toContain("build test after");
  });
});

describe("a station", () => {
  it("goes with its ways, and everything else stays", () => {
    const text = removeStation(LINE, job("build"));
    expect(tell(text)).toEqual(["app test trigger", "lint test trigger"]);
    expect(text).toContain("jobs: [test], to: [approvers]");
    expect(text).toContain("# pushed here");
    expect(text).toContain("# makes the archive");
  });
  it("is renamed wherever it is named, and goes on with its history", () => {
    const text = renameStation(LINE, job("build"), "compile", true);
    expect(tell(text)).toEqual(["source compile trigger", "compile app output", "compile test after", "app test trigger", "lint test trigger"]);
    expect(text).toContain("passed: [compile, lint]");
    expect(text).toContain("jobs: [compile, test]");
    expect(text).toContain("env: { after: build }");
    expect(text).toContain("    was: build\n");
    expect(renameStation(text, job("compile"), "build", true)).toBe(LINE);
    expect(renameStation(LINE, resource("app"), "archive", false)).toContain("outputs: [archive]");
  });
  it("keeps its name where the new one is none or taken", () => {
    expect(() => renameStation(LINE, job("build"), "Build it", false)).toThrow("small letter");
    expect(() => renameStation(LINE, job("build"), "test", false)).toThrow("There is test already.");
  });
});
