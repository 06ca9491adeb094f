import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { countInbox, getInbox } from "../api/client";
import { keys } from "../live/changes";

export type InboxScope = "mine" | "groups" | "claimed" | "done";

/** What waits for the reader or their groups, what they look after, or what they have done; page by page. */
export function useInbox(workspace: string, scope: InboxScope, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: keys.inbox(workspace, scope),
    queryFn: ({ signal, pageParam }) => getInbox({ workspace }, { scope, ...(pageParam && { after: pageParam }) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    enabled,
  });
}

/** How much waits; events of gates and tasks make it ask again. */
export function useInboxCounts(workspace: string) {
  return useQuery({ queryKey: keys.inbox(workspace, "counts"), queryFn: ({ signal }) => countInbox({ workspace }, signal) });
}
