// One list of runs out of several questions: the server takes one status per request, and a tab may stand for two.

import type { RunFilter } from "../api/calls";
import type { Page, Run } from "../api/types";

/** Which questions are still to be asked, each with where it goes on; `null` is its beginning. */
export type Cursor = readonly { filter: RunFilter | null; after: string | null }[];

export interface RunPage {
  items: Run[];
  /** Absent where every question has been answered to its end. */
  next: Cursor | null;
  /** Runs older than this moment may still be missing between those fetched. */
  completeFrom: number;
}

export function firstCursor(filters: readonly (RunFilter | null)[]): Cursor {
  return filters.map((filter) => ({ filter, after: null }));
}

/** One answer for the questions of a cursor, in the cursor's order. */
export function joinPages(asked: Cursor, answers: readonly Page<Run>[]): RunPage {
  const open = asked.flatMap(({ filter }, at) => {
    const answer = answers[at];
    const oldest = answer?.items.at(-1)?.created_at;
    return answer?.next && oldest !== undefined ? [{ filter, after: answer.next, oldest }] : [];
  });
  return {
    items: answers.flatMap((answer) => answer.items),
    next: open.length === 0 ? null : open.map(({ filter, after }) => ({ filter, after })),
    completeFrom: Math.max(Number.NEGATIVE_INFINITY, ...open.map(({ oldest }) => oldest)),
  };
}

/** Everything fetched, without what is older than the point up to which the list has no gaps. */
export function knownRuns(pages: readonly RunPage[]): Run[] {
  const completeFrom = pages.at(-1)?.completeFrom ?? Number.NEGATIVE_INFINITY;
  return pages.flatMap((page) => page.items).filter((run) => run.created_at >= completeFrom);
}
