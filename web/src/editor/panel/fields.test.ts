import { expect, test } from "vitest";
import { fieldOf, namesFor, optionKeyOf, textOfValue, valueOfText } from "./fields";

const ROOT = {
  $defs: {
    Input: { type: "object", properties: { resource: { type: "string" }, trigger: { type: "boolean" } }, required: ["resource"] },
    Slots: { type: "object", properties: { limit: { type: "integer" }, group: { type: "string" } }, required: ["limit"] },
  },
};
const either = (one: object, name: string) => ({ oneOf: [one, { $ref: `#/$defs/${name}` }] });

test("a field is what the schema says, and of several what the value is", () => {
  const slots = either({ type: "integer", minimum: 1, maximum: 9 }, "Slots");
  expect(fieldOf(ROOT, slots, "concurrency", undefined)).toEqual({ kind: "number", minimum: 1, maximum: 9 });
  expect(fieldOf(ROOT, slots, "concurrency", { limit: 2 }).kind).toBe("record");
  expect(fieldOf(ROOT, { enum: ["a", "b"] }, "on", undefined)).toEqual({ kind: "choice", values: ["a", "b"] });
  expect(fieldOf(ROOT, { type: "boolean" }, "settle", true)).toEqual({ kind: "choice", values: [true, false] });
  expect(fieldOf(ROOT, { type: ["string", "number", "boolean"] }, "run", "make")).toEqual({ kind: "text", lines: true });
  expect(fieldOf(ROOT, { type: "string" }, "name", "one\ntwo\n")).toEqual({ kind: "text", lines: true });
  expect(fieldOf(ROOT, { type: "object", additionalProperties: { type: "string" } }, "env", undefined)).toMatchObject({ kind: "map", entries: { type: "string" } });
  expect(fieldOf(ROOT, { type: "array", items: { type: "string" } }, "labels", undefined).kind).toBe("list");
});

test("a plain item can get options where the schema has a mapping for it", () => {
  expect(optionKeyOf(ROOT, either({ type: "string" }, "Input"))).toBe("resource");
  expect(optionKeyOf(ROOT, either({ type: "integer" }, "Slots"))).toBe("limit");
  expect(optionKeyOf(ROOT, { type: "string" })).toBeNull();
});

test("a typed text stays a text, and a number that stood there a number", () => {
  expect(valueOfText("1.10", "1.9")).toBe("1.10");
  expect(valueOfText("1.10", 1.9)).toBe("1.10");
  expect(valueOfText("7", 5)).toBe(7);
  expect(valueOfText("false", true)).toBe(false);
  expect(valueOfText("make\nmake test\n\n", "make\n")).toBe("make\nmake test\n");
  expect(valueOfText("make", "make all\nmake test\n")).toBe("make\n");
  expect(textOfValue("make\n")).toBe("make");
});

test("a field offers the names that its key asks for", () => {
  expect(namesFor(["jobs", "test", "after", 0])).toBe("jobs");
  expect(namesFor(["jobs", "test", "inputs", 0, "resource"])).toBe("resources");
  expect(namesFor(["jobs", "test", "uses"])).toBe("modules");
  expect(namesFor(["jobs", "test", "description"])).toBeNull();
});
