import { expect, test } from "vitest";
import { countWords } from "./countWords";

test("the badge says how much waits, and nothing where nothing does", () => {
  expect(countWords({ mine: 0, overdue: 0 })).toBeNull();
  expect(countWords({ mine: 3, overdue: 0 })).toEqual({ shown: "3", said: "waiting for you" });
  expect(countWords({ mine: 3, overdue: 2 })).toEqual({ shown: "3", said: "waiting for you, 2 overdue" });
});

test("it says that there may be more than the server has counted", () => {
  expect(countWords({ mine: 500, overdue: 1, more: true })).toEqual({ shown: "500+", said: "or more waiting for you, 1 overdue" });
  expect(countWords({ mine: 0, overdue: 0, more: true })).toEqual({ shown: "0+", said: "or more waiting for you" });
});
