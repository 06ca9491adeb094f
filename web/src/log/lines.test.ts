import { expect, test } from "vitest";
import { BLOCK_LINES, completeLength, KEPT_BLOCKS, LogLines } from "./lines";

function texts(log: LogLines): string[] {
  return log.blocks.flatMap((block) => block.lines.map((line) => line.pieces.map(({ text }) => text).join("")));
}

test("a line that comes in two chunks is one line", () => {
  const log = new LogLines();
  log.append("one\ntw");
  expect(texts(log)).toEqual(["one"]);
  log.append("o\nthree");
  expect(texts(log)).toEqual(["one", "two"]);
  log.finish();
  log.finish();
  expect(texts(log)).toEqual(["one", "two", "three"]);
  expect(log.lineCount).toBe(3);
});

test("full blocks stay the same objects while the log grows", () => {
  const log = new LogLines();
  log.append("x\n".repeat(BLOCK_LINES + 1));
  const first = log.blocks[0];
  log.append("y\n");
  expect(log.blocks[0]).toBe(first);
  expect(log.blocks.map((block) => block.lines.length)).toEqual([BLOCK_LINES, 2]);
  expect(log.blocks[1]?.first).toBe(BLOCK_LINES + 1);
});

test("a huge log keeps its newest lines and counts the others", () => {
  const log = new LogLines();
  const total = BLOCK_LINES * (KEPT_BLOCKS + 3);
  log.append(Array.from({ length: total }, (_, at) => `${at + 1}\n`).join(""));
  expect(log.dropped).toBe(3 * BLOCK_LINES);
  expect(texts(log)[0]).toBe(String(3 * BLOCK_LINES + 1));
  expect(texts(log).at(-1)).toBe(String(total));
});

test("log commands are shown as what they mean", () => {
  const log = new LogLines();
  log.append("::group::Tests\nok\n::endgroup::\n::error file=a.rs,line=3::broken\n::warning::odd\nfoo::bar\n");
  expect(log.blocks[0]?.lines.map(({ kind }) => kind)).toEqual(["group", "plain", "error", "warning", "plain"]);
  expect(texts(log)).toEqual(["Tests", "ok", "broken", "odd", "foo::bar"]);
});

test("a progress bar leaves its last state", () => {
  const log = new LogLines();
  log.append("10%\r50%\r100%\r\ndone\r\n");
  expect(texts(log)).toEqual(["100%", "done"]);
});

test("bytes are taken up to the last whole character", () => {
  const bytes = new TextEncoder().encode("aé€🙂");
  expect(completeLength(bytes)).toBe(10);
  expect(completeLength(bytes.slice(0, 9))).toBe(6);
  expect(completeLength(bytes.slice(0, 5))).toBe(3);
  expect(completeLength(bytes.slice(0, 2))).toBe(1);
  expect(completeLength(bytes.slice(0, 3))).toBe(3);
  expect(completeLength(new Uint8Array([0x80, 0x80, 0x80, 0x80]))).toBe(4);
  expect(completeLength(new Uint8Array())).toBe(0);
});
