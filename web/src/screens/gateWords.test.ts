import { expect, test } from "vitest";
import { closedWords, decisionWords, requirementWords } from "./gateWords";

test("a requirement reads as words, and names who fulfils it", () => {
  expect(requirementWords({ from: ["group:release", "role:admin"], needed: 2, have: ["ada"] })).toBe(
    "1 of 2 approvals from group release or role admin: ada",
  );
  expect(requirementWords({ from: ["user:bo"], needed: 1, have: [] })).toBe("0 of 1 approval from user bo");
});

test("decisions and ends read as words", () => {
  expect(decisionWords({ user: "ada", decision: "reject" })).toBe("ada rejected");
  expect(decisionWords({ user: "bo", decision: "request-changes" })).toBe("bo asked for changes");
  expect(decisionWords({ user: "bo", decision: "approve", revoked_at: 1 })).toBe("bo approved, and it was taken back");
  expect(closedWords("expired")).toContain("in time");
});
