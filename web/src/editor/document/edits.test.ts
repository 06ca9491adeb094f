import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { appendItem, removeValue, renameKey, setValue } from "./edits";
import { isRecord, readValues, type Path } from "./tree";

const LINE = `# The shop's line
pipeline:   shop   # its name

jobs:
  build: # makes it
    inputs: [source, "app"]   # both
    steps:
      - run: |
          make dist
          make sure
      # tell
      - name: 'say "so"'
        run: echo so

  # proves it
  test: { after: [build], timeout: 5m } # short
  empty:
notify:
- { on: [failed], to: ["approvers"] }
`;

const linesOf = (text: string) => text.split("\n");
/** The lines that an edit took away and those that it brought. */
function changed(before: string, after: string): { gone: string[]; come: string[] } {
  const [old, now] = [linesOf(before), linesOf(after)];
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) };
}

describe("setting a value", () => {
  it.each<[string, Path, unknown, string[], string[]]>([
    ["changes a scalar and keeps its comment and blanks", ["pipeline"], "store", ["pipeline:   shop   # its name"], ["pipeline:   store   # its name"]],
    ["keeps the quotes", ["jobs", "build", "steps", 1, "name"], "now", [`      - name: 'say "so"'`], ["      - name: 'now'"]],
    ["adds to a mapping on one line", ["jobs", "test", "priority"], 3, ["  test: { after: [build], timeout: 5m } # short"], ["  test: { after: [build], timeout: 5m, priority: 3 } # short"]],
    ["adds a line below the last one", ["jobs", "build", "timeout"], "5m", [], ["    timeout: 5m"]],
    ["makes what the way lacks", ["jobs", "build", "env", "LEVEL"], "one", [], ["    env:", "      LEVEL: one"]],
    ["fills what is empty", ["jobs", "empty", "approval", "timeout"], "3d", ["  empty:"].filter(() => false), ["    approval:", "      timeout: 3d"]],
    ["quotes what needs quotes", ["jobs", "test", "when"], "a, b", ["  test: { after: [build], timeout: 5m } # short"], [`  test: { after: [build], timeout: 5m, when: "a, b" } # short`]],
    ["writes several lines as a block", ["jobs", "build", "steps", 1, "run"], "one\ntwo\n", ["        run: echo so"], ["        run: |", "          one", "          two"]],
  ])("%s", (_, path, value, gone, come) => {
    expect(changed(LINE, setValue(LINE, path, value))).toEqual({ gone, come });
  });

  it("replaces a block text in its place", () => {
    const after = setValue(LINE, ["jobs", "build", "steps", 0, "run"], "make dist\nmake it\n");
    expect(changed(LINE, after)).toEqual({ gone: ["          make sure"], come: ["          make it"] });
  });

  it("begins an empty file", () => {
    expect(setValue("", ["jobs", "build"], { steps: [{ run: "make" }] })).toBe("jobs:\n  build:\n    steps:\n      - run: make\n");
  });

  it("puts a blank line before an entry where the others have one", () => {
    const text = "jobs:\n  a:\n    steps: [{ run: x }]\n\n  b:\n    steps: [{ run: x }]\n\nnotify: []\n";
    expect(setValue(text, ["jobs", "c"], { description: "C" })).toBe(text.replace("\n\nnotify", "\n\n  c:\n    description: C\n\nnotify"));
  });
});

describe("lists", () => {
  it("grow on their line and below it", () => {
    const item = { resource: "settings", trigger: false };
    expect(changed(LINE, appendItem(LINE, ["jobs", "build", "inputs"], item)).come).toEqual([`    inputs: [source, "app", { resource: settings, trigger: false }]   # both`]);
    expect(changed(LINE, appendItem(LINE, ["notify"], { on: ["fixed"], to: ["approvers"] })).come).toEqual(["- on: [fixed]", "  to: [approvers]"]);
    expect(changed(LINE, appendItem(LINE, ["jobs", "test", "inputs"], "app")).come).toEqual(["  test: { after: [build], timeout: 5m, inputs: [app] } # short"]);
  });

  it("turn an item into a mapping and back", () => {
    const text = "jobs:\n  a:\n    inputs:\n      - app # first\n      - source\n";
    const record = setValue(text, ["jobs", "a", "inputs", 0], { resource: "app", trigger: false });
    expect(record).toBe("jobs:\n  a:\n    inputs:\n      - resource: app # first\n        trigger: false\n      - source\n");
    expect(setValue(record, ["jobs", "a", "inputs", 0], "app")).toBe(text);
  });
});

describe("taking away", () => {
  it("keeps the comments around", () => {
    expect(changed(LINE, removeValue(LINE, ["jobs", "build", "steps", 0]))).toEqual({ gone: ["      - run: |", "          make dist", "          make sure"], come: [] });
    expect(changed(LINE, removeValue(LINE, ["jobs", "build", "inputs", 0])).come).toEqual([`    inputs: ["app"]   # both`]);
    expect(changed(LINE, removeValue(LINE, ["jobs", "build", "inputs", 1])).come).toEqual(["    inputs: [source]   # both"]);
    expect(changed(LINE, removeValue(LINE, ["jobs", "build", "steps", 1, "name"])).come).toEqual(["      - run: echo so"]);
  });

  it("takes what held the last one, too", () => {
    expect(changed(LINE, removeValue(LINE, ["jobs", "test", "after", 0])).come).toEqual(["  test: { timeout: 5m } # short"]);
    expect(removeValue("jobs:\n  a:\n    after: [b]\npipeline: x\n", ["jobs", "a", "after", 0])).toBe("pipeline: x\n");
  });

  it("leaves one blank line where there were two", () => {
    const text = "jobs:\n  a: { timeout: 1m }\n\n  b: { timeout: 1m }\n\n  c: { timeout: 1m }\n";
    expect(removeValue(text, ["jobs", "b"])).toBe("jobs:\n  a: { timeout: 1m }\n\n  c: { timeout: 1m }\n");
    expect(removeValue(text, ["jobs", "c"])).toBe("jobs:\n  a: { timeout: 1m }\n\n  b: { timeout: 1m }\n");
  });

  it("changes nothing for what is not there", () => {
    expect(removeValue(LINE, ["jobs", "nobody"])).toBe(LINE);
  });
});

describe("renaming a key", () => {
  it("changes the key alone", () => {
    expect(changed(LINE, renameKey(LINE, ["jobs", "build"], "compile"))).toEqual({ gone: ["  build: # makes it"], come: ["  compile: # makes it"] });
  });
  it("refuses a name that is taken", () => {
    expect(() => renameKey(LINE, ["jobs", "build"], "test")).toThrow("There is test already.");
  });
});

describe("refusals", () => {
  it("name the line that cannot be read", () => {
    expect(() => setValue("jobs:\n  a: [\n", ["jobs", "b"], 1)).toThrow(/at line [23]; mend it there first/);
  });
  it("leave what is repeated by an alias to the text", () => {
    const text = "jobs:\n  a: &same { timeout: 1m }\n  b: *same\n";
    expect(() => setValue(text, ["jobs", "b", "timeout"], "2m")).toThrow("jobs.b repeats another part of the file (*same)");
  });
});

/** What an edit should make of the values. */
function setIn(values: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(values) ? [...values] : isRecord(values) ? { ...values } : typeof step === "number" ? [] : {};
  (copy as Record<string | number, unknown>)[step] = setIn((copy as Record<string | number, unknown>)[step], rest, value);
  return copy;
}

/** Every place of a small text, and evenly many of a large one: each costs several readings of the whole. */
function sampled(paths: Path[]): Path[] {
  const every = Math.max(1, Math.floor(paths.length / 40));
  return paths.filter((_, at) => at % every === 0);
}

function pathsIn(value: unknown, path: Path = []): Path[] {
  const steps = Array.isArray(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : [];
  return steps.flatMap((step) => {
    const inner = path.concat(step);
    return [inner].concat(pathsIn((value as Record<string | number, unknown>)[step], inner) as (string | number)[][]);
  });
}

const comments = (text: string): number => text.split("\n").filter((line) => /(^|\s)#/.test(line)).length;

describe("the places of every pipeline that comes with Andon", () => {
  const folder = new URL("../../../../pipelines/library/", import.meta.url);
  const files = ["pipelines", "modules"].flatMap((room) => readdirSync(new URL(`${room}/`, folder)).map((file) => `${room}/${file}`));
  const texts = [LINE, ...files.map((file) => readFileSync(new URL(file, folder), "utf8"))];
  it.each(texts.map((text, at) => [at, text] as const))("text %i: a set value is the only one that changes", (_, text) => {
    const values = readValues(text);
    const kinds = ["new: text", 7, "one\ntwo\n", ["a", "b"], { key: "value, or so" }];
    for (const [at, path] of sampled(pathsIn(values)).entries()) {
      for (const value of [kinds[at % 5], kinds[(at + 2) % 5]]) {
        const after = setValue(text, path, value);
        expect(readValues(after), `${path.join(".")} = ${JSON.stringify(value)}`).toEqual(setIn(values, path, value));
      }
      const child = setValue(text, path, { a: 1, b: "x" });
      expect(readValues(setValue(child, [...path, "c"], "d"))).toEqual(setIn(values, path, { a: 1, b: "x", c: "d" }));
    }
  }, 60_000);
  it.each(texts.map((text, at) => [at, text] as const))("text %i: what is added can be taken away, and leaves the text as it was", (_, text) => {
    for (const path of sampled(pathsIn(readValues(text)))) {
      const held = path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], readValues(text));
      if (!isRecord(held) || Object.keys(held).length === 0) continue;
      const added = setValue(text, [...path, "added"], "x");
      expect(comments(added)).toBe(comments(text));
      expect(removeValue(added, [...path, "added"]), path.join(".")).toBe(text);
    }
  }, 60_000);
});
