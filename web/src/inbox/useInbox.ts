import { useQuery } from "@tanstack/react-query";
import { getInbox } from "../api/client";
import { keys } from "../live/changes";

/** What waits for the reader. The list and the count in the head are one question. */
export function useInbox(workspace: string) {
  return useQuery({
    queryKey: keys.inbox(workspace, "mine"),
    queryFn: async ({ signal }) => (await getInbox({ workspace }, signal)).items,
  });
}
