import { expect, test } from "vitest";
import { cookieValue, inWorkspace, problemMessage, queryText } from "./request";

test("a cookie is found by its whole name", () => {
  expect(cookieValue("other_andon_csrf=no; andon_csrf=a%2Fb; x=1", "andon_csrf")).toBe("a/b");
  expect(cookieValue("", "andon_csrf")).toBeNull();
  expect(cookieValue("andon_csrf2=x", "andon_csrf")).toBeNull();
});

test("the server's own words come first", () => {
  expect(problemMessage(403, { title: "Forbidden", detail: "An operator can stop a run." })).toBe("An operator can stop a run.");
  expect(problemMessage(403, { title: "Forbidden" })).toBe("Forbidden");
  expect(problemMessage(502, null)).toContain("502");
});

test("a query holds only what is set", () => {
  expect(queryText({ status: null, after: undefined, limit: 50 })).toBe("?limit=50");
  expect(queryText({ status: null, after: "" })).toBe("");
  expect(queryText({ offset: 0 })).toBe("?offset=0");
});

test("names cannot leave their segment of an address", () => {
  expect(inWorkspace("main", "runs", "../x?y")).toBe("/workspaces/main/runs/..%2Fx%3Fy");
});
