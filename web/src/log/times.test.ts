import { expect, test } from "vitest";
import { byteLength, LogLines } from "./lines";
import { formatClock, timeOfOffset } from "./times";

const MARKS = [
  { offset: 0, at: 10_000 },
  { offset: 20, at: 12_500 },
  { offset: 90, at: 75_000 },
];

test("a line has the time of the last mark before it", () => {
  const times = [0, 19, 20, 89, 90, 1000].map((offset) => timeOfOffset(MARKS, offset));
  expect(times).toEqual([0, 0, 2_500, 2_500, 65_000, 65_000]);
  expect(timeOfOffset([], 5)).toBeNull();
});

test("times read as a clock", () => {
  expect([0, 7_900, 65_000, 3_723_000].map(formatClock)).toEqual(["0:00", "0:07", "1:05", "1:02:03"]);
});

test("a text is as long as its bytes", () => {
  for (const text of ["", "plain", "Zwölf", "漢字", "a😀b", "\ufffd"]) expect(byteLength(text)).toBe(new TextEncoder().encode(text).length);
});

test("a line knows the bytes before it, also behind what is not shown as a line", () => {
  const log = new LogLines();
  log.append("::group::Zwölf\n50%\r100%\n::endgroup::\nla");
  log.append("st\n");
  const lines = log.blocks.flatMap((block) => block.lines);
  expect(lines.map(({ text, offset }) => [text, offset])).toEqual([
    ["Zwölf", 0],
    ["100%", 16],
    ["last", 38],
  ]);
});
