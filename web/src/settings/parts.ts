// The parts of the settings, in order; a new one is an entry here and one in `SettingsPage`.

import type { Role } from "../api/types";

export interface PartName {
  path: string;
  title: string;
  /** The lowest role that may see it. */
  role: Role;
}

export const PARTS = [
  { path: "members", title: "Members", role: "viewer" },
  { path: "groups", title: "Groups", role: "viewer" },
  { path: "tokens", title: "Tokens", role: "viewer" },
  { path: "secrets", title: "Secrets", role: "editor" },
  { path: "notifications", title: "Notifications", role: "viewer" },
  { path: "channels", title: "Channels", role: "viewer" },
  { path: "deliveries", title: "Deliveries", role: "viewer" },
  { path: "runners", title: "Runners", role: "viewer" },
] as const satisfies readonly PartName[];

export type PartPath = (typeof PARTS)[number]["path"];

export const ROLES: readonly { role: Role; may: string }[] = [
  { role: "viewer", may: "sees everything, and decides gates that name them" },
  { role: "operator", may: "also starts, stops, pauses and publishes" },
  { role: "editor", may: "also sets pipelines" },
  { role: "admin", may: "also manages members, tokens, secrets and channels" },
];

/** `[a-z0-9][a-z0-9._@-]{0,63}`, as the server takes names. */
export const NAME_PATTERN = "[a-z0-9][a-z0-9._@\\-]{0,63}";
export const NAME_HINT = "Lower-case letters, digits and . _ @ -";

const DAY = 86_400_000;

/** How long a token lives. */
export const LIVES: readonly { title: string; ms: number | null }[] = [
  { title: "30 days", ms: 30 * DAY },
  { title: "90 days", ms: 90 * DAY },
  { title: "A year", ms: 365 * DAY },
  { title: "For ever", ms: null },
];

/** Addresses as people write them: one a line, or between commas. */
export function readAddresses(text: string): string[] {
  return text
    .split(/[\n,;]/)
    .map((address) => address.trim())
    .filter((address) => address !== "");
}
