import type { Evidence, Gate, GateDecision, GateStatus, Requirement, UsedVersion } from "../api/types";
import { formatVersion } from "../text/versions";

/** `group release or role admin`. */
export function sourceWords(from: readonly string[]): string {
  return from.map((source) => source.replace(":", " ")).join(" or ");
}

/** `1 of 2 approvals from group release or role admin: ada`. */
export function requirementWords({ from, needed, have }: Requirement): string {
  const asked = `${have.length} of ${needed} ${needed === 1 ? "approval" : "approvals"} from ${sourceWords(from)}`;
  return have.length === 0 ? asked : `${asked}: ${have.join(", ")}`;
}

const DECIDED: Record<string, string> = { approve: "approved", reject: "rejected", "request-changes": "asked for changes" };

/** What somebody did: `ada approved`. */
export function decisionWords({ user, decision }: Pick<GateDecision, "user" | "decision">): string {
  return `${user} ${DECIDED[decision] ?? decision}`;
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

/** How many approvals are missing over all rules. */
export function missingApprovals(requirements: readonly Requirement[]): number {
  return requirements.reduce((sum, { needed, have }) => sum + Math.max(0, needed - have.length), 0);
}

/** What a gate lets through: `app 9f3e0011`, `source 3f2a1c99 and settings one`. */
export function cargoWords(inputs: readonly UsedVersion[]): string {
  const each = inputs.map(({ name, version }) => `${name} ${formatVersion(version.values)}`);
  if (each.length === 0) return "what comes after it";
  return each.length === 1 ? (each[0] ?? "") : `${each.slice(0, -1).join(", ")} and ${each.at(-1)}`;
}

/** What a button says: what it counts as, and what then happens. */
export interface Effect {
  act: string;
  what: string;
}

/** `Approve: 1 of 2 from group release`, and what comes of it. */
export function approveEffect({ requirements, inputs }: Pick<Gate, "requirements" | "inputs">, evidence: Pick<Evidence, "environment" | "waits_for" | "window">): Effect {
  const open = requirements.find(({ needed, have }) => have.length < needed);
  const act = open ? `Approve: ${open.have.length + 1} of ${open.needed} from ${sourceWords(open.from)}` : "Approve";
  const left = missingApprovals(requirements) - 1;
  if (left > 0) return { act, what: `${left} more ${left === 1 ? "approval is" : "approvals are"} needed after yours` };
  const does = evidence.environment === null ? `Lets ${cargoWords(inputs)} pass` : `Deploys ${cargoWords(inputs)} to ${evidence.environment}`;
  return { act, what: evidence.window.open ? does : `${does} when its window opens` };
}

export function rejectEffect({ inputs }: Pick<Gate, "inputs">, environment: string | null): Effect {
  return { act: "Reject", what: environment === null ? `Stops ${cargoWords(inputs)} here` : `Keeps ${cargoWords(inputs)} away from ${environment}` };
}

export const CHANGES_EFFECT: Effect = { act: "Ask for changes", what: "Holds it until you approve or take that back" };
export const REVOKE_EFFECT: Effect = { act: "Take my decision back", what: "It no longer counts" };

/** How pressing a gate is: its time has run out, or runs out within a day. */
export function urgencyOf({ status, deadline_at: deadline }: Pick<Gate, "status" | "deadline_at">, now: number): "overdue" | "due" | null {
  if (status !== "open" || deadline === null) return null;
  if (deadline <= now) return "overdue";
  return deadline - now <= 24 * 60 * 60 * 1000 ? "due" : null;
}
