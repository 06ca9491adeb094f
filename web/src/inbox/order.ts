import type { Gate } from "../api/types";

/** The nearest end of time first; then those that nobody looks after; then the oldest. */
export function orderByUrgency<T extends Pick<Gate, "deadline_at" | "claimed_by" | "opened_at" | "id">>(gates: readonly T[]): T[] {
  return gates.toSorted(
    (one, other) =>
      (one.deadline_at ?? Infinity) - (other.deadline_at ?? Infinity) ||
      Number(Boolean(one.claimed_by)) - Number(Boolean(other.claimed_by)) ||
      one.opened_at - other.opened_at ||
      (one.id < other.id ? -1 : 1),
  );
}
