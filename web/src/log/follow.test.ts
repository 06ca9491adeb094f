import { expect, test } from "vitest";
import { readChunk } from "./follow";

test("a piece of a live log carries its text and where the next begins", () => {
  expect(readChunk('{"text":"a\\n","next":2}')).toEqual({ text: "a\n", next: 2 });
});

test("what is not such a piece is left alone", () => {
  for (const data of ["", "null", "{}", '{"text":1,"next":2}', '{"text":"a"}', "[]"]) expect(readChunk(data)).toBeNull();
});
