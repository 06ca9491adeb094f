import { expect, test } from "vitest";
import { isNarrowed, questionText, readQuestion, readTab, withoutFilters, withPart } from "./question";

const address = (text: string) => new URLSearchParams(text);

test("the address says what is asked", () => {
  expect(readQuestion(address("pipeline=shop&author=ada&sort=oldest"))).toEqual({
    everywhere: false,
    pipeline: "shop",
    project: "",
    cause: "",
    author: "ada",
    from: "",
    to: "",
    lasting: "",
    queued: "",
    environment: "",
    change: "",
    oldestFirst: true,
  });
  expect(readTab(address("tab=failed")).filters).toEqual(["failed", "error"]);
  expect(readTab(address("tab=nonsense")).name).toBe("all");
});

test("across workspaces no pipeline is asked for", () => {
  expect(readQuestion(address("scope=installation&pipeline=shop")).pipeline).toBe("");
  expect(withPart(address("pipeline=shop&cause=push"), "scope", "installation").toString()).toBe("cause=push&scope=installation");
});

test("a changed part keeps the others and closes the side panel", () => {
  expect(withPart(address("tab=failed&details=r1"), "author", "bo").toString()).toBe("tab=failed&author=bo");
  expect(withPart(address("author=bo"), "author", "").toString()).toBe("");
  expect(withPart(address("author=bo"), "details", "r1").toString()).toBe("author=bo&details=r1");
});

test("what comes from a figure is asked too, where it makes sense", () => {
  const asked = readQuestion(address("from=5&to=many&environment=p/live&change=failed"));
  expect([asked.from, asked.to, asked.environment, asked.change]).toEqual(["5", "", "p/live", "failed"]);
  expect(readQuestion(address("change=failed")).change).toBe("");
  expect(withPart(address("environment=p/live&change=failed&from=5"), "environment", null).toString()).toBe("from=5");
  expect(withPart(address("environment=p/live&change=failed"), "scope", "installation").toString()).toBe("scope=installation");
});

test("without filters, scope, tab and order stay", () => {
  expect(withoutFilters(address("tab=failed&cause=push&author=bo&sort=oldest")).toString()).toBe("tab=failed&sort=oldest");
});

test("questions are narrowed by their filters alone, and told apart by all they ask", () => {
  expect([address("sort=oldest"), address("cause=cron")].map((each) => isNarrowed(readQuestion(each)))).toEqual([false, true]);
  expect(questionText(readQuestion(address("cause=cron")))).not.toBe(questionText(readQuestion(address("author=cron"))));
});
