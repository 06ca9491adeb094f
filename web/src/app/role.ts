import { useQuery } from "@tanstack/react-query";
import { getMe } from "../api/client";
import type { Role } from "../api/types";
import { keys } from "../live/changes";

const ORDER: readonly Role[] = ["viewer", "operator", "editor", "admin"];

/** Whether a role includes another one. */
export function includesRole(role: Role | undefined, wanted: Role): boolean {
  return role !== undefined && ORDER.indexOf(role) >= ORDER.indexOf(wanted);
}

/** Whether the reader may act so in a workspace. Buttons that the server would refuse are not shown. */
export function useMay(workspace: string, wanted: Role): boolean {
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  if (me.data?.administrator) return true;
  return includesRole(me.data?.workspaces.find(({ name }) => name === workspace)?.role, wanted);
}
