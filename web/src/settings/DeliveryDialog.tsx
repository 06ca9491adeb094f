import { useQuery } from "@tanstack/react-query";
import { getDelivery } from "../api/client";
import type { Delivery } from "../api/types";
import { Dialog } from "../kit/Dialog";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { formatDuration, formatMoment } from "../text/time";
import styles from "./SettingsPage.module.css";

/** Everything that was tried for one delivery: what was sent and what was answered, without secrets. */
export function DeliveryDialog({ workspace, delivery, onClose }: { workspace: string; delivery: Delivery; onClose: () => void }) {
  const details = useQuery({
    queryKey: [...keys.deliveries(workspace), delivery.id],
    queryFn: ({ signal }) => getDelivery({ workspace, id: delivery.id }, signal),
  });
  return (
    <Dialog title={`${delivery.event} to ${delivery.target}`} onClose={onClose}>
      {details.error && <Failure error={details.error} retry={() => void details.refetch()} />}
      {details.isPending && <Loading />}
      {details.data?.log.length === 0 && <p>Nothing was tried yet{delivery.next_at === null ? "." : `; it is due ${formatMoment(delivery.next_at)}.`}</p>}
      <ol className={styles.log}>
        {details.data?.log.map((attempt) => (
          <li key={attempt.started_at}>
            <strong>{attempt.outcome}</strong>, {formatMoment(attempt.started_at)}, after {formatDuration(attempt.ended_at - attempt.started_at)}
            <p className={styles.answer}>{attempt.answer}</p>
            {typeof attempt.request === "string" && (
              <details>
                <summary>What was sent</summary>
                <pre>{attempt.request}</pre>
              </details>
            )}
          </li>
        ))}
      </ol>
      <div className={styles.acts}>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
