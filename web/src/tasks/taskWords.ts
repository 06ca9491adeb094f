// What people read about a task.

import type { Task, TaskEntry, TaskStatus } from "../api/types";
import type { Look } from "../status/status";
import { formatMoment } from "../text/time";

const LOOKS: Record<TaskStatus, Look> = {
  open: { shape: "ring", tone: "waiting", word: "Open" },
  "in-progress": { shape: "sweep", tone: "running", word: "In progress" },
  "on-hold": { shape: "bars", tone: "paused", word: "On hold" },
  done: { shape: "tick", tone: "succeeded", word: "Done" },
  skipped: { shape: "dash", tone: "skipped", word: "Skipped" },
};

export function taskLook(status: TaskStatus): Look {
  return LOOKS[status] ?? { shape: "ring", tone: "waiting", word: status };
}

/** `user:ada` is ada, `group:support` the group support. */
export function assigneeWords(assignee: string | null | undefined): string {
  if (!assignee) return "nobody";
  const [kind, ...rest] = assignee.split(":");
  const name = rest.join(":");
  if (kind === "user") return name;
  return kind === "group" ? `the group ${name}` : assignee;
}

export function whoseWords(task: Pick<Task, "assignee" | "claimed_by">): string {
  const whose = `For ${assigneeWords(task.assignee)}`;
  if (!task.claimed_by || task.assignee === `user:${task.claimed_by}`) return whose;
  return `${whose}; ${task.claimed_by} looks after it`;
}

export function dueWords(task: Pick<Task, "due_at" | "due_after" | "overdue">): string | null {
  if (task.due_at != null) return task.overdue ? `Overdue since ${formatMoment(task.due_at)}` : `Due ${formatMoment(task.due_at)}`;
  return task.due_after ? `Due after ${task.due_after}` : null;
}

function value(kind: string, text: string): string {
  if (kind === "due") return formatMoment(Number(text));
  return kind === "assigned" || kind === "created" ? assigneeWords(text) : text;
}

const VERBS: Record<string, string> = {
  created: "put it on the list",
  status: "set it",
  assigned: "gave it",
  claimed: "looks after it",
  released: "let go of it",
  note: "noted",
  title: "renamed it",
  description: "changed what it says",
  due: "changed when it is due",
};

/** `ada set it to done: all well`. */
export function entryWords({ kind, before, now, note }: TaskEntry): string {
  const verb = VERBS[kind] ?? kind;
  const said = note ? `: ${note}` : "";
  if (kind === "created") return `${verb}${now ? ` for ${value(kind, now)}` : ""}${said}`;
  if (["claimed", "released", "note", "description"].includes(kind)) return `${verb}${said}`;
  const to = now ? ` to ${value(kind, now)}` : " to nobody";
  if (kind === "due") return `${verb}: ${now ? value(kind, now) : "never"}${said}`;
  return `${verb}${to}${before && kind === "status" ? `, was ${before}` : ""}${said}`;
}

/** `2 of 3 done, 1 skipped`. */
export function progressWords({ total, done, skipped, required_left: left }: { total: number; done: number; skipped: number; required_left: number }): string {
  const parts = [`${done} of ${total} done`];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  parts.push(left === 0 ? "nothing required is left" : `${left} required left`);
  return parts.join(", ");
}
