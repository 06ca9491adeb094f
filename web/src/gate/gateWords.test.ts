import { expect, test } from "vitest";
import type { UsedVersion } from "../api/types";
import { approveEffect, closedWords, decisionWords, requirementWords, urgencyOf } from "./gateWords";

test("a requirement reads as words, and names who fulfils it", () => {
  expect(requirementWords({ from: ["group:release", "role:admin"], needed: 2, have: ["ada"] })).toBe(
    "1 of 2 approvals from group release or role admin: ada",
  );
  expect(requirementWords({ from: ["user:bo"], needed: 1, have: [] })).toBe("0 of 1 approval from user bo");
});

test("decisions and ends read as words", () => {
  expect(decisionWords({ user: "ada", decision: "reject" })).toBe("ada rejected");
  expect(decisionWords({ user: "bo", decision: "request-changes" })).toBe("bo asked for changes");
  expect(closedWords("expired")).toContain("in time");
});

const version = (commit: string): UsedVersion["version"] => ({
  id: commit,
  values: { commit },
  metadata: {},
  order: 1,
  origin: "push",
  actor: "push:ada",
  enabled: true,
  disabled_reason: null,
  made_by: null,
  created_at: 0,
  reports: [],
});
const inputs: UsedVersion[] = [{ name: "app", resource: "app", version: version("9f3e001122334455") }];
const open = { environment: "production", waits_for: [], window: { open: true, opens_at: null } };
const rule = (needed: number, ...have: string[]) => ({ from: ["group:release"], needed, have });

test("the button says what an approval counts as and what it does", () => {
  expect(approveEffect({ requirements: [rule(2)], inputs }, open)).toEqual({
    act: "Approve: 1 of 2 from group release",
    what: "1 more approval is needed after yours",
  });
  expect(approveEffect({ requirements: [rule(2, "ada")], inputs }, open)).toEqual({
    act: "Approve: 2 of 2 from group release",
    what: "Deploys app 9f3e0011 to production",
  });
  const later = { ...open, window: { open: false, opens_at: 9 } };
  expect(approveEffect({ requirements: [rule(1)], inputs }, later).what).toBe("Deploys app 9f3e0011 to production when its window opens");
  expect(approveEffect({ requirements: [rule(1)], inputs: [] }, { ...open, environment: null }).what).toBe("Lets what comes after it pass");
});

test("a gate is due within its last day, and overdue after it", () => {
  const day = 24 * 60 * 60 * 1000;
  expect([day * 2, day, 1, 0].map((left) => urgencyOf({ status: "open", deadline_at: day + left }, day))).toEqual([null, "due", "due", "overdue"]);
  expect(urgencyOf({ status: "approved", deadline_at: 1 }, day)).toBeNull();
  expect(urgencyOf({ status: "open", deadline_at: null }, day)).toBeNull();
});
