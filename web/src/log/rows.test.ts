import { expect, test } from "vitest";
import { LogLines } from "./lines";
import { findFirstError, findHits, lineOfHash, placeOf, visibleRows } from "./rows";

function logOf(text: string): LogLines {
  const log = new LogLines();
  log.append(text);
  return log;
}

const GROUPS = "begin\n::group::Fetch\none\ntwo\n::endgroup::\n::group::Test\n::error::broken\n::endgroup::\nend\n::group::Still\ngrowing\n";
const texts = (log: LogLines, toggled = new Map<number, boolean>()) => visibleRows(log.blocks, log.groups, toggled).map(({ text }) => text);

test("closed groups hide their lines, except where one failed or still grows", () => {
  expect(texts(logOf(GROUPS))).toEqual(["begin", "Fetch", "Test", "broken", "end", "Still", "growing"]);
});

test("what somebody opened or closed stays so", () => {
  expect(texts(logOf(GROUPS), new Map([[2, true], [5, false]]))).toEqual(["begin", "Fetch", "one", "two", "Test", "end", "Still", "growing"]);
});

test("a search finds lines in closed groups, too, whatever the case", () => {
  expect(findHits(logOf(GROUPS).blocks, "TWO")).toEqual([4]);
  expect(findHits(logOf(GROUPS).blocks, "")).toEqual([]);
});

test("the first error is the line that says so, else the first that reads like one", () => {
  expect(findFirstError(logOf("an error maybe\n::error::surely\n").blocks)).toBe(2);
  expect(findFirstError(logOf("fine\ntest failed\n").blocks)).toBe(2);
  expect(findFirstError(logOf("terror and failover\n").blocks)).toBeNull();
});

test("a hidden line's place is the next one that is shown", () => {
  const log = logOf(GROUPS);
  const rows = visibleRows(log.blocks, log.groups, new Map());
  expect(placeOf(rows, 1)).toBe(0);
  expect(placeOf(rows, 3)).toBe(2);
  expect(placeOf(rows, 99)).toBe(rows.length);
});

test("a line link names its line", () => {
  expect(lineOfHash("#L120")).toBe(120);
  expect(lineOfHash("#L")).toBeNull();
  expect(lineOfHash("#x")).toBeNull();
});
