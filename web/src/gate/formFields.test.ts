import { expect, test } from "vitest";
import { readAnswers, readFields } from "./formFields";

const SCHEMA = {
  type: "object",
  properties: {
    ticket: { type: "string", pattern: "^OPS-[0-9]+$", minLength: 1, maxLength: 4000, description: "Where it is tracked" },
    share: { type: "integer", minimum: 1, maximum: 100 },
    level: { type: "string", enum: ["low", "high"] },
    told: { type: "boolean" },
  },
  required: ["ticket"],
};

const fields = readFields(SCHEMA);

test("fields say what the schema says", () => {
  expect(fields.map(({ name, type, required }) => [name, type, required])).toEqual([
    ["ticket", "string", true],
    ["share", "integer", false],
    ["level", "string", false],
    ["told", "boolean", false],
  ]);
  expect(fields[2]?.options).toEqual(["low", "high"]);
  expect(fields[1]).toMatchObject({ least: 1, most: 100, description: null });
  expect(readFields(null)).toEqual([]);
});

test("answers have their types, and what was left empty is left out", () => {
  expect(readAnswers(fields, { ticket: " OPS-7 ", share: "20", told: "true" })).toEqual({
    answers: { ticket: "OPS-7", share: 20, told: true },
    wrong: {},
  });
});

test("what is wrong is said by field", () => {
  expect(readAnswers(fields, {}).wrong).toEqual({ ticket: "ticket is required" });
  expect(readAnswers(fields, { ticket: "7", share: "1.5", level: "middle" }).wrong).toEqual({
    ticket: "ticket has to fit ^OPS-[0-9]+$",
    share: "share is a whole number",
    level: "level is one of low, high",
  });
  expect(readAnswers(fields, { ticket: "OPS-1", share: "0" }).wrong).toEqual({ share: "share is at least 1" });
});

test("a pattern that the browser cannot read is left to the server", () => {
  const odd = readFields({ properties: { name: { type: "string", pattern: "(?P<x>a)" } }, required: [] });
  expect(readAnswers(odd, { name: "b" }).wrong).toEqual({});
});
