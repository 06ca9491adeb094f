import { describe, expect, it } from "vitest";
import { readValues } from "../document/tree";
import { contextAt } from "./context";
import { suggestAt } from "./suggest";

/** As the server's, with few keys. */
const SCHEMA = {
  $ref: "#/$defs/File",
  $defs: {
    File: {
      type: "object",
      properties: {
        pipeline: { type: "string", description: "The name" },
        resources: { type: "object", additionalProperties: { $ref: "#/$defs/Resource" } },
        jobs: { type: "object", additionalProperties: { $ref: "#/$defs/Job" } },
      },
    },
    Resource: {
      oneOf: [
        { $ref: "#/$defs/Git", properties: { type: { const: "git" } } },
        { $ref: "#/$defs/Cron", properties: { type: { const: "cron" } } },
      ],
    },
    Git: { type: "object", properties: { type: { type: "string" }, branch: { type: "string" } } },
    Cron: { type: "object", properties: { type: { type: "string" }, missed: { enum: ["skip", "once", "all"] } } },
    Job: {
      type: "object",
      properties: {
        after: { type: "array", items: { oneOf: [{ type: "string" }, { type: "object", properties: { job: { type: "string" }, on: { enum: ["passed", "failed"] } } }] } },
        inputs: { type: "array", items: { type: "string" } },
        settle: { type: "boolean" },
        steps: { type: "array", items: { $ref: "#/$defs/Step" } },
        uses: { type: "string" },
      },
    },
    Step: { type: "object", properties: { run: { type: "string" }, name: { type: "string" }, parallel: { type: "array", items: { $ref: "#/$defs/Step" } } } },
  },
};

const FILE = `pipeline: shop
resources:
  source: { type: git }
  nightly: { type: cron }
jobs:
  build: { steps: [{ run: make }] }
  test: { after: [build] }
`;

/** What is suggested where `|` stands in a text that follows the file. */
function offered(text: string): string[] {
  const whole = FILE + text;
  const at = whole.indexOf("|");
  const knowledge = { schema: SCHEMA, values: readValues(FILE) ?? {}, modules: [{ uses: "library/git-tag", description: "Tags" }] };
  const found = suggestAt(whole.replace("|", ""), at, knowledge);
  return (found?.options ?? []).map(({ insert }) => insert);
}

const pathAt = (text: string) => {
  const context = contextAt(text.replace("|", ""), text.indexOf("|"));
  return context === null ? null : `${context.kind} ${context.path.join(".")} <${text.slice(context.from, text.indexOf("|"))}>`;
};

describe("where the cursor stands", () => {
  it.each([
    ["|", "key  <>"],
    ["jo|", "key  <jo>"],
    ["pipeline: sh|", "value pipeline <sh>"],
    ["jobs:\n  build:\n    st|", "key jobs.build <st>"],
    ["jobs:\n  build:\n    steps:\n      - ru|", "either jobs.build.steps.0 <ru>"],
    ["jobs:\n  build:\n    steps:\n    - run: x\n    - na|", "either jobs.build.steps.1 <na>"],
    ["jobs:\n  build:\n    steps:\n      - run: x\n        na|", "key jobs.build.steps.0 <na>"],
    ["jobs:\n  build: { after: [a, b|", "value jobs.build.after.1 <b>"],
    ["jobs:\n  build: { after: [a], in|", "key jobs.build <in>"],
    ["jobs:\n  build: {\n    after: [ |", "value jobs.build.after.0 <>"],
    ["jobs:\n  build:\n    steps:\n      - run: |\n          make d", null],
    ["jobs:\n  build:\n    description: x # no|", null],
    ["jobs:\n  build:\n    steps: []\n  |", "key jobs <>"],
    ["notify:\n- on: [fa|", "value notify.0.on.0 <fa>"],
  ])("%s", (text, expected) => {
    // A bar of a script is not the cursor.
    const marked = text.includes("run: |") ? null : pathAt(text);
    expect(marked ?? pathOfScript(text)).toBe(expected);
  });
});

function pathOfScript(text: string): string | null {
  const context = contextAt(text, text.length);
  return context === null ? null : context.path.join(".");
}

describe("suggestions", () => {
  it("are the keys that a mapping does not have yet", () => {
    expect(offered("  deploy:\n    |")).toEqual(["after: ", "inputs: ", "settle: ", "steps:", "uses: "]);
    expect(offered("  test:\n    |")).not.toContain("after: ");
  });
  it("are those of the type that a resource has", () => {
    const inResources = FILE.replace("cron }", "cron, | }");
    const found = suggestAt(inResources.replace("|", ""), inResources.indexOf("|"), { schema: SCHEMA, values: readValues(FILE) ?? {}, modules: [] });
    expect(found?.options.map(({ label }) => label)).toEqual(["missed"]);
  });
  it("are values, and names of the file", () => {
    expect(offered("  deploy:\n    settle: |")).toEqual(["true", "false"]);
    expect(offered("  deploy:\n    after: [|")).toEqual(["build", "test"]);
    expect(offered("  deploy:\n    after:\n      - |")).toEqual(["build", "test", "job: ", "on: "]);
    expect(offered("  deploy:\n    after: [{ job: x, on: |")).toEqual(["passed", "failed"]);
    expect(offered("  deploy:\n    inputs: [so|")).toEqual(["source", "nightly"]);
    expect(offered("  deploy:\n    uses: |")).toEqual(["library/git-tag"]);
  });
  it("are none in a script", () => {
    expect(offered("  deploy:\n    steps:\n      - run: >-\n          make |")).toEqual([]);
  });
});
