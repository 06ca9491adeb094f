// What a run list shows, and the address that says so.

import type { RunFilter } from "../api/calls";

export interface Tab {
  name: string;
  title: string;
  filters: readonly (RunFilter | null)[];
}

export const ALL: Tab = { name: "all", title: "All", filters: [null] };
export const TABS: readonly Tab[] = [
  ALL,
  { name: "active", title: "Active", filters: ["active"] },
  { name: "completed", title: "Completed", filters: ["completed", "partial-success"] },
  { name: "failed", title: "Failed", filters: ["failed", "error"] },
  { name: "stopped", title: "Stopped", filters: ["stopped"] },
];

/** Everything about a list but its tab. */
export interface Question {
  /** The runs of every workspace that the reader is a member of. */
  everywhere: boolean;
  pipeline: string;
  project: string;
  cause: string;
  author: string;
  /** Those that began then or later, and before that, in milliseconds; with an environment, what was delivered then. */
  from: string;
  to: string;
  /** Those that took at least so many milliseconds, and those that waited so long for a runner. */
  lasting: string;
  queued: string;
  /** `PIPELINE/ENVIRONMENT`: those that tried to deliver into it; `change` says with what success. */
  environment: string;
  change: string;
  oldestFirst: boolean;
}

const NUMBERS = ["from", "to", "lasting", "queued"] as const;
export const FILTERS = ["pipeline", "project", "cause", "author", ...NUMBERS, "environment", "change"] as const;
export type FilterName = (typeof FILTERS)[number];

/** Why runs begin, in the server's words. */
export const CAUSES = ["push", "webhook", "check", "cron", "edit", "publish", "trigger", "manual", "api", "job", "upstream"] as const;

export function readQuestion(search: URLSearchParams): Question {
  const everywhere = search.get("scope") === "installation";
  const text = (name: FilterName) => search.get(name)?.trim() ?? "";
  // What is no number asks nothing.
  const number = (name: FilterName) => (/^\d{1,15}$/.test(text(name)) ? text(name) : "");
  const environment = everywhere ? "" : text("environment");
  return {
    everywhere,
    // A pipeline is named within its workspace.
    pipeline: everywhere ? "" : text("pipeline"),
    project: text("project"),
    cause: text("cause"),
    author: text("author"),
    from: number("from"),
    to: number("to"),
    lasting: number("lasting"),
    queued: number("queued"),
    environment,
    change: environment === "" ? "" : text("change"),
    oldestFirst: search.get("sort") === "oldest",
  };
}

export function readTab(search: URLSearchParams): Tab {
  return TABS.find(({ name }) => name === search.get("tab")) ?? ALL;
}

/** The address with one part changed; what is as usual does not stand in it. An open side panel closes. */
export function withPart(search: URLSearchParams, part: string, value: string | null): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value === null || value === "") next.delete(part);
  else next.set(part, value);
  if (part !== "details") next.delete("details");
  if (part === "scope" && value === "installation") for (const name of ["pipeline", "environment"]) next.delete(name);
  if (!next.has("environment")) next.delete("change");
  return next;
}

export function withoutFilters(search: URLSearchParams): URLSearchParams {
  return FILTERS.reduce((next, name) => withPart(next, name, null), search);
}

export function isNarrowed(question: Question): boolean {
  return FILTERS.some((name) => question[name] !== "");
}

/** For the cache: equal for equal questions. */
export function questionText(question: Question): string {
  return JSON.stringify([question.everywhere, ...FILTERS.map((name) => question[name]), question.oldestFirst]);
}
