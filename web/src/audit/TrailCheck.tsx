import { useMutation, useQuery } from "@tanstack/react-query";
import { getMe, verifyAudit } from "../api/client";
import type { AuditCheck } from "../api/types";
import { keys } from "../live/changes";
import styles from "./AuditPage.module.css";

/** Walks the whole trail, one stretch after the other. */
async function walkTrail(): Promise<AuditCheck> {
  let after: number | null = null;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each stretch begins where the one before it ended
    const check: AuditCheck = await verifyAudit({ after });
    if (check.next === null || check.next === undefined) return check;
    after = check.next;
  }
}

/** Whether the trail is as it was written. The trail is the installation's, so its administrators ask. */
export function TrailCheck() {
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  const check = useMutation({ mutationFn: walkTrail });
  if (!me.data?.administrator) return null;
  const state = check.error || check.data?.fault ? "broken" : check.data ? "sound" : "unknown";
  return (
    <div className={styles.check} data-state={state}>
      <button type="button" disabled={check.isPending} onClick={() => check.mutate()}>
        {check.isPending ? "Verifying…" : "Verify the trail"}
      </button>
      <p role="status">{check.error ? check.error.message : check.data ? checkWords(check.data) : ""}</p>
    </div>
  );
}

export function checkWords({ fault, head, until }: Pick<AuditCheck, "fault" | "head" | "until">): string {
  if (fault) return `✕ Broken at entry ${fault.sequence}: ${fault.what}. Up to entry ${until} it is as it was written.`;
  if (head === 0) return "✓ The trail is empty.";
  return head === 1 ? "✓ The only entry is as it was written." : `✓ All ${head} entries are as they were written.`;
}
