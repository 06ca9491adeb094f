// The kinds of channels, and what each needs to be told.

import type { ForgeKind } from "../api/schema";
import type { ChannelSettings } from "../api/types";
import { readAddresses } from "./parts";

export const KINDS = [
  { kind: "email", title: "E-mail" },
  { kind: "slack", title: "Slack" },
  { kind: "teams", title: "Microsoft Teams" },
  { kind: "discord", title: "Discord" },
  { kind: "webhook", title: "Signed webhook" },
  { kind: "forge", title: "Commit statuses at a forge" },
] as const;
export type Kind = (typeof KINDS)[number]["kind"];

export const titleOf = (kind: string): string => KINDS.find((each) => each.kind === kind)?.title ?? kind;

export const FORGES: readonly { forge: ForgeKind; title: string; api: string }[] = [
  { forge: "github", title: "GitHub", api: "https://api.github.com" },
  { forge: "gitlab", title: "GitLab", api: "https://gitlab.com/api/v4" },
  { forge: "gitea", title: "Gitea or Forgejo", api: "https://codeberg.org/api/v1" },
];

/** What the form holds, of every kind at once. */
export interface Typed {
  kind: Kind;
  addresses: string;
  url: string;
  forge: ForgeKind;
  api: string;
  token: string;
  repository: string;
}

/** An empty form; of a channel that is there, with what everybody may see of it. */
export function typedOf(known: { kind: string; target?: string | null } | null): Typed {
  const kind = KINDS.find((each) => each.kind === known?.kind)?.kind ?? "email";
  const target = known?.target ?? "";
  const [{ forge, api }] = FORGES as readonly [(typeof FORGES)[number]];
  return { kind, addresses: kind === "email" ? target : "", url: "", forge, api, token: "", repository: kind === "forge" ? target : "" };
}

export function settingsOf({ kind, addresses, url, forge, api, token, repository }: Typed): ChannelSettings {
  if (kind === "email") return { kind, addresses: readAddresses(addresses) };
  if (kind === "forge") return { kind, forge, api: api.trim(), token: token.trim(), repository: repository.trim() };
  return { kind, url: url.trim() };
}
