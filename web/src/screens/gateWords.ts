import type { Gate } from "../api/types";

/** `1 of 2 approvals from group release or role admin`. */
export function requirementWords({ from, needed, have }: Gate["requirements"][number]): string {
  const sources = from.map((source) => source.replace(":", " ")).join(" or ");
  return `${have} of ${needed} ${needed === 1 ? "approval" : "approvals"} from ${sources}`;
}
