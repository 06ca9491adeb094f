import { expect, test } from "vitest";
import { listChanges } from "./changes";

test("names of both sides stand in one list", () => {
  expect(listChanges({ role: "viewer" }, { role: "admin", reason: null })).toEqual([{ name: "role", before: "viewer", after: "admin" }]);
  expect(listChanges(null, { members: ["ada", "ben"], values: { commit: "a" } })).toEqual([
    { name: "members", before: null, after: "ada, ben" },
    { name: "values", before: null, after: '{"commit":"a"}' },
  ]);
  expect(listChanges(null, null)).toEqual([]);
});
