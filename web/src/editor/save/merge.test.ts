import { expect, test } from "vitest";
import { bringIn } from "./merge";

const BASE = "pipeline: shop\njobs:\n  build: # made\n    timeout: 5m\n    steps:\n      - run: make\n\n  test:\n    timeout: 5m\n    steps:\n      - run: make test\n";

test("changes of different lines come together", () => {
  const newest = BASE.replace("make test", "make tests");
  const mine = BASE.replace("# made", "# made here");
  expect(bringIn(BASE, newest, mine)).toBe(newest.replace("# made", "# made here"));
});

test("changes of one line are left to people", () => {
  expect(bringIn(BASE, BASE.replace("run: make\n", "run: make all\n"), BASE.replace("run: make\n", "run: make it\n"))).toBeNull();
});
