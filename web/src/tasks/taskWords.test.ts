import { expect, test } from "vitest";
import { assigneeWords, dueWords, entryWords, progressWords, taskLook, whoseWords } from "./taskWords";

test("who has a task is said in plain words", () => {
  expect(assigneeWords("user:ada")).toBe("ada");
  expect(assigneeWords("group:support")).toBe("the group support");
  expect(assigneeWords(null)).toBe("nobody");
  expect(whoseWords({ assignee: "group:support", claimed_by: "ada" })).toBe("For the group support; ada looks after it");
  expect(whoseWords({ assignee: "user:ada", claimed_by: "ada" })).toBe("For ada");
});

test("a due time says whether it has passed", () => {
  expect(dueWords({ due_at: 0, due_after: null, overdue: true })).toMatch(/^Overdue since /);
  expect(dueWords({ due_at: 0, due_after: null, overdue: false })).toMatch(/^Due /);
  expect(dueWords({ due_at: null, due_after: "page", overdue: false })).toBe("Due after page");
  expect(dueWords({ due_at: null, due_after: null, overdue: false })).toBeNull();
});

test("the history reads as sentences", () => {
  const entry = { at: 0, actor: "user:ada", before: null, now: null, note: null };
  expect(entryWords({ ...entry, kind: "status", before: "open", now: "done", note: "all well" })).toBe("set it to done, was open: all well");
  expect(entryWords({ ...entry, kind: "assigned", now: "group:support" })).toBe("gave it to the group support");
  expect(entryWords({ ...entry, kind: "assigned", before: "user:ada" })).toBe("gave it to nobody");
  expect(entryWords({ ...entry, kind: "note", note: "half of it" })).toBe("noted: half of it");
  expect(entryWords({ ...entry, kind: "created", now: "user:dan" })).toBe("put it on the list for dan");
});

test("progress counts what is left", () => {
  expect(progressWords({ total: 3, done: 1, skipped: 1, required_left: 1 })).toBe("1 of 3 done, 1 skipped, 1 required left");
  expect(progressWords({ total: 1, done: 1, skipped: 0, required_left: 0 })).toBe("1 of 1 done, nothing required is left");
  expect(taskLook("on-hold").word).toBe("On hold");
});
