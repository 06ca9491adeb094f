import { expect, test } from "vitest";
import { orderByUrgency } from "./order";

const gate = (id: string, opened_at: number, deadline_at: number | null = null, claimed_by: string | null = null) => ({ id, opened_at, deadline_at, claimed_by });

test("what ends soonest stands on top, then what nobody has taken, then the oldest", () => {
  const gates = [gate("young", 9), gate("taken", 1, null, "bo"), gate("late", 5, 200), gate("old", 2), gate("soon", 8, 100)];
  expect(orderByUrgency(gates).map(({ id }) => id)).toEqual(["soon", "late", "old", "young", "taken"]);
});
