// What people can be told of, in words.

import type { NotifyEvent, Preferences } from "../api/types";

export const EVENTS: readonly { event: NotifyEvent; word: string }[] = [
  { event: "broken", word: "broken: failed after a success" },
  { event: "fixed", word: "fixed: succeeded after a failure" },
  { event: "failed", word: "every failure" },
  { event: "succeeded", word: "every success" },
  { event: "started", word: "started" },
  { event: "stopped", word: "stopped" },
  { event: "errored", word: "errors of the platform" },
  { event: "awaiting-approval", word: "approvals that wait" },
  { event: "reminded", word: "reminders of them" },
  { event: "approved", word: "approved" },
  { event: "rejected", word: "rejected" },
  { event: "expired", word: "expired" },
  { event: "task-assigned", word: "tasks for me" },
  { event: "task-due", word: "tasks that are due" },
  { event: "version-published", word: "new versions" },
  { event: "paused", word: "pauses" },
];

/** A usual night, where the reader is. */
export function quietHoursOf(): NonNullable<Preferences["quiet_hours"]> {
  return { from: "22:00", to: "07:00", timezone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}
