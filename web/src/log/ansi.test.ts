import { expect, test } from "vitest";
import { PLAIN, readAnsi } from "./ansi";

const ESC = "\u001b";

test("colours and bold become styles, and a reset ends them", () => {
  const { pieces, pen } = readAnsi(`a${ESC}[1;31mb${ESC}[0mc`, PLAIN);
  expect(pieces).toEqual([
    { text: "a", style: [] },
    { text: "b", style: ["bold", "red"] },
    { text: "c", style: [] },
  ]);
  expect(pen).toEqual(PLAIN);
});

test("a colour lasts into the next line", () => {
  const { pen } = readAnsi(`${ESC}[92mgreen`, PLAIN);
  expect(readAnsi("still", pen).pieces).toEqual([{ text: "still", style: ["green"] }]);
});

test("operands of extended colours are not taken for codes", () => {
  expect(readAnsi(`${ESC}[38;5;31mx${ESC}[48;2;1;31;1my`, PLAIN).pieces).toEqual([
    { text: "x", style: [] },
    { text: "y", style: [] },
  ]);
});

test("cursor moves, titles and control characters are dropped", () => {
  expect(readAnsi(`${ESC}[2K${ESC}[1Gdone${ESC}]0;title\u0007\u0008\tend`, PLAIN).pieces.map(({ text }) => text).join("")).toBe("done\tend");
});

test("markup stays text", () => {
  expect(readAnsi("<script>alert(1)</script>", PLAIN).pieces).toEqual([{ text: "<script>alert(1)</script>", style: [] }]);
});
