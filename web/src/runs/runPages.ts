// One list of runs out of several questions: the server takes one status per request, and a tab may stand for two.

import type { ListedRun, RunFilter } from "../api/calls";
import type { Page } from "../api/types";

/** Which questions are still to be asked, each with where it goes on; `null` is its beginning. */
export type Cursor = readonly { filter: RunFilter | null; after: string | null }[];

export interface RunPage {
  items: ListedRun[];
  /** Absent where every question has been answered to its end. */
  next: Cursor | null;
  /** Where each unfinished question stands: runs beyond the nearest of these moments may still be missing between those fetched. */
  reached: readonly number[];
}

export function firstCursor(filters: readonly (RunFilter | null)[]): Cursor {
  return filters.map((filter) => ({ filter, after: null }));
}

/** One answer for the questions of a cursor, in the cursor's order. */
export function joinPages(asked: Cursor, answers: readonly Page<ListedRun>[]): RunPage {
  const open = asked.flatMap(({ filter }, at) => {
    const answer = answers[at];
    const last = answer?.items.at(-1)?.created_at;
    return answer?.next && last !== undefined ? [{ filter, after: answer.next, last }] : [];
  });
  return {
    items: answers.flatMap((answer) => answer.items),
    next: open.length === 0 ? null : open.map(({ filter, after }) => ({ filter, after })),
    reached: open.map(({ last }) => last),
  };
}

/** Everything fetched, without what lies beyond the point up to which the list has no gaps. */
export function knownRuns(pages: readonly RunPage[], oldestFirst = false): ListedRun[] {
  const reached = pages.at(-1)?.reached ?? [];
  const items = pages.flatMap((page) => page.items);
  if (oldestFirst) return items.filter((run) => reached.every((moment) => run.created_at <= moment));
  return items.filter((run) => reached.every((moment) => run.created_at >= moment));
}
