import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { getEnvironmentHistory } from "../api/client";
import type { DeploymentEntry, EnvironmentView } from "../api/schema";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { actorWords } from "../text/actors";
import { formatDuration } from "../text/time";
import styles from "./EnvironmentsPage.module.css";
import { PromotionDialog, type Wanted } from "./PromotionDialog";
import { valuesWords } from "./words";

/** What has run in an environment, beside the board. */
export function History({ environment, workspace }: { environment: EnvironmentView; workspace: string }) {
  const { pipeline, name } = environment;
  const may = useMay(workspace, "operator");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const history = useInfiniteQuery({
    queryKey: keys.environmentHistory(workspace, pipeline, name),
    queryFn: ({ pageParam, signal }) => getEnvironmentHistory({ workspace, pipeline, environment: name }, { after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  const entries = history.data?.pages.flatMap(({ items }) => items);
  return (
    <aside className={styles.history} aria-label={`History of ${name}`}>
      <header>
        <h2>History of {name}</h2>
        <Link to="." aria-label="Close the history">
          ×
        </Link>
      </header>
      {history.isPending && <Loading />}
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {entries?.length === 0 && <p className="quiet">Nothing has been deployed here. What the line or a promotion brings stands here.</p>}
      <ol className={styles.entries}>
        {entries?.map((entry, at) => (
          <li key={entry.job_run}>
            <Entry entry={entry} workspace={workspace} />
            {may && at > 0 && (
              <button type="button" disabled={environment.lock !== null} aria-label={`Go back to ${valuesWords(entry.values)}`} onClick={() => setWanted({ kind: "rollback", version: entry.job_run })}>
                Go back to this
              </button>
            )}
          </li>
        ))}
      </ol>
      {history.hasNextPage && (
        <button type="button" disabled={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Older
        </button>
      )}
      {wanted && <PromotionDialog environment={environment} workspace={workspace} wanted={wanted} onClose={() => setWanted(null)} />}
    </aside>
  );
}

function Entry({ entry, workspace }: { entry: DeploymentEntry; workspace: string }) {
  return (
    <>
      <p className={styles.entryValues}>{valuesWords(entry.values)}</p>
      <p className="quiet">
        <Moment at={entry.at} />, by {actorWords(entry.actor)},{" "}
        <Link to={`/w/${workspace}/job-runs/${entry.job_run}`}>
          {entry.job} #{entry.number}
        </Link>
        {entry.kind === "rollback" && ", rolled back"}
        {entry.kind === "promote" && ", promoted"}
        {entry.until === null ? "; runs now" : `; ran for ${formatDuration(entry.until - entry.at)}`}
      </p>
      {entry.note && <p className="quiet">“{entry.note}”</p>}
    </>
  );
}
