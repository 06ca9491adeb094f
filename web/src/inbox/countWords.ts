import type { InboxCounts } from "../api/schema";

/** How much waits for the reader, as a badge shows it and as a screen reader says it; null where nothing does. */
export function countWords({ mine, overdue, more = false }: Pick<InboxCounts, "mine" | "overdue" | "more">): { shown: string; said: string } | null {
  if (mine === 0 && !more) return null;
  const late = overdue > 0 ? `, ${overdue} overdue` : "";
  return more ? { shown: `${mine}+`, said: `or more waiting for you${late}` } : { shown: `${mine}`, said: `waiting for you${late}` };
}
