import { expect, test } from "vitest";
import type { EnvironmentView } from "../api/schema";
import { behindWords, byPipeline, shortValue, valuesWords } from "./words";

test("hashes are cut, other values stay whole", () => {
  expect(shortValue("3f2a1c9e".repeat(5))).toBe("3f2a1c9e");
  expect(shortValue(`sha256:${"ab".repeat(32)}`)).toBe("abababab");
  expect(shortValue("1.4.0")).toBe("1.4.0");
  expect(valuesWords({ app: "1.4.0", source: "a".repeat(40) })).toBe("app 1.4.0, source aaaaaaaa");
  expect(valuesWords({})).toBe("nothing");
});

test("how far behind it is, as far as that is known", () => {
  const newest = {};
  expect(behindWords({ sets: 0, more: false, commits: null, newest })).toBeNull();
  expect(behindWords({ sets: 1, more: false, commits: null, newest })).toBe("1 set behind");
  expect(behindWords({ sets: 3, more: false, commits: 1, newest })).toBe("3 sets, 1 commit behind");
  expect(behindWords({ sets: 50, more: true, commits: null, newest })).toBe("at least 50 sets behind");
});

test("environments stand with their pipeline, in the order they came in", () => {
  const named = (pipeline: string, name: string) => ({ pipeline, name }) as EnvironmentView;
  const groups = byPipeline([named("a", "test"), named("a", "production"), named("b", "live")]);
  expect(groups.map(([pipeline, all]) => [pipeline, all.map(({ name }) => name)])).toEqual([
    ["a", ["test", "production"]],
    ["b", ["live"]],
  ]);
});
