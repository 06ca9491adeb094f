import type { DecisionKind, GateDecision, GateStatus, Requirement } from "../api/types";

/** `1 of 2 approvals from group release or role admin: ada`. */
export function requirementWords({ from, needed, have }: Requirement): string {
  const sources = from.map((source) => source.replace(":", " ")).join(" or ");
  const asked = `${have.length} of ${needed} ${needed === 1 ? "approval" : "approvals"} from ${sources}`;
  return have.length === 0 ? asked : `${asked}: ${have.join(", ")}`;
}

const DECIDED: Record<DecisionKind, string> = {
  approve: "approved",
  reject: "rejected",
  "request-changes": "asked for changes",
};

/** What somebody did: `ada approved`. */
export function decisionWords({
  user,
  decision,
  revoked_at,
}: Pick<GateDecision, "user" | "decision"> & { revoked_at?: number | null }): string {
  const words = `${user} ${DECIDED[decision] ?? decision}`;
  return revoked_at == null ? words : `${words}, and it was taken back`;
}

const CLOSED: Record<Exclude<GateStatus, "open">, string> = {
  approved: "Approved",
  rejected: "Rejected",
  expired: "Closed: nobody decided it in time",
  superseded: "Closed: newer versions took the place of these",
  withdrawn: "Closed: its run was stopped",
};

/** How a gate was closed, as a sentence's beginning. */
export function closedWords(status: Exclude<GateStatus, "open">): string {
  return CLOSED[status] ?? `Closed: ${status}`;
}
