import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { listDeliveries, replayDelivery } from "../api/client";
import type { Delivery } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Empty, Failure, Loading } from "../screens/Answer";
import type { Look } from "../status/status";
import { StatusMark } from "../status/StatusMark";
import { DeliveryDialog } from "./DeliveryDialog";
import { Part, Table, useWrite } from "./Part";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

const LOOKS: Record<Delivery["state"], Look> = {
  pending: { shape: "ring-dot", tone: "waiting", word: "On its way" },
  delivered: { shape: "tick", tone: "succeeded", word: "Delivered" },
  failed: { shape: "cross", tone: "failed", word: "Failed" },
};

/** What was told to whom, and what came of it. */
export function Deliveries({ workspace }: PartProps) {
  const isOperator = useMay(workspace, "operator");
  const pages = useInfiniteQuery({
    queryKey: keys.deliveries(workspace),
    queryFn: ({ pageParam, signal }) => listDeliveries({ workspace }, { after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? null,
  });
  const deliveries = pages.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Part title="Deliveries" about="Every notification and what came of it. One that fails is tried again for a while, and never fails a job.">
      {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && deliveries.length === 0 && (
        <Empty title="Nothing has been told yet">
          <p>
            Make a channel under <Link to="../settings/channels">Channels</Link>, and name it in a pipeline: notify: [&#123; on: [failed], to: [channel:NAME] &#125;]
          </p>
        </Empty>
      )}
      {deliveries.length > 0 && (
        <Table columns={isOperator ? ["State", "About", "To", "When", "Answer", ""] : ["State", "About", "To", "When", "Answer"]}>
          {deliveries.map((delivery) => (
            <DeliveryRow key={delivery.id} workspace={workspace} delivery={delivery} isOperator={isOperator} />
          ))}
        </Table>
      )}
      {pages.hasNextPage && (
        <div>
          <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show older ones
          </button>
        </div>
      )}
    </Part>
  );
}

function DeliveryRow({ workspace, delivery, isOperator }: PartProps & { delivery: Delivery; isOperator: boolean }) {
  const [open, setOpen] = useState(false);
  const replay = useWrite(() => replayDelivery({ workspace, id: delivery.id }), [keys.deliveries(workspace)], () => "It is sent once more.");
  return (
    <tr data-delivery={delivery.id} data-state={delivery.state}>
      <td>
        <span className={styles.mark}>
          <StatusMark look={LOOKS[delivery.state]} />
        </span>
      </td>
      <td data-label="About">
        {delivery.job_run === null ? delivery.event : <Link to={`../job-runs/${delivery.job_run}`}>{delivery.event}</Link>}
      </td>
      <td data-label="To">{delivery.target}</td>
      <td data-label="When">
        <Moment at={delivery.created_at} />
      </td>
      <td data-label="Answer">
        <span className={styles.answer}>
          {delivery.attempts > 1 && `${delivery.attempts} attempts. `}
          {delivery.answer ?? ""}
        </span>
        {replay.error && <Failure error={replay.error} />}
      </td>
      {isOperator && (
        <td className={styles.buttons}>
          <button type="button" onClick={() => setOpen(true)}>
            Attempts<span className="visually-hidden"> of {delivery.event} to {delivery.target}</span>
          </button>
          {open && <DeliveryDialog workspace={workspace} delivery={delivery} onClose={() => setOpen(false)} />}
          {delivery.state !== "pending" && (
            <button type="button" disabled={replay.isPending} onClick={() => replay.mutate(undefined)}>
              Send again<span className="visually-hidden"> {delivery.event} to {delivery.target}</span>
            </button>
          )}
        </td>
      )}
    </tr>
  );
}
