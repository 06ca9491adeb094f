import { expect, test } from "vitest";
import { requirementWords } from "./gateWords";

test("a requirement says how many are there and who may give them", () => {
  expect(requirementWords({ from: ["group:release", "role:admin"], needed: 2, have: 1 })).toBe("1 of 2 approvals from group release or role admin");
  expect(requirementWords({ from: ["user:ada"], needed: 1, have: 0 })).toBe("0 of 1 approval from user ada");
});
