import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { listRuns, type RunGroup } from "../api/calls";
import type { Run } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, runLook } from "../status/status";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { Command, Empty, Failure, Loading } from "./Answer";
import { causeWords, orderRuns, runTitle } from "./runList";
import styles from "./RunsPage.module.css";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

const TABS: readonly { group: RunGroup; name: string; title: string }[] = [
  { group: null, name: "all", title: "All" },
  { group: "active", name: "active", title: "Active" },
  { group: "completed", name: "completed", title: "Completed" },
  { group: "failed", name: "failed", title: "Failed" },
  { group: "stopped", name: "stopped", title: "Stopped" },
];
const FIRST_PAGE: string | null = null;

export function RunsPage() {
  useTitle("Runs");
  const workspace = useWorkspace();
  const [search] = useSearchParams();
  const tab = TABS.find(({ name }) => name === search.get("tab")) ?? TABS[0];
  const group = tab?.group ?? null;
  const { runs, pages, active } = useRuns(workspace, group);

  return (
    <>
      <h1>Runs</h1>
      <nav className={styles.tabs} aria-label="Which runs">
        {TABS.map(({ name, title }) => (
          <Link key={name} to={name === "all" ? "." : `?tab=${name}`} aria-current={name === tab?.name ? "page" : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      <ActiveNote count={active} />
      {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && runs.length === 0 && <NoRuns workspace={workspace} group={group} />}
      {runs.length > 0 && <RunTable runs={runs} workspace={workspace} />}
      {pages.hasNextPage && (
        <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show older runs
        </button>
      )}
    </>
  );
}

/** The pages fetched so far, with what is active pinned on top however old it is. */
function useRuns(workspace: string, group: RunGroup) {
  const pages = useInfiniteQuery({
    queryKey: keys.runs(workspace, group ?? "all"),
    queryFn: ({ pageParam, signal }) => listRuns(workspace, group, pageParam, signal),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
  });
  const pinned = useQuery({
    queryKey: keys.runs(workspace, "pinned"),
    queryFn: ({ signal }) => listRuns(workspace, "active", null, signal),
    enabled: group === null,
  });
  const listed = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const onTop = group === null ? (pinned.data?.items ?? []) : [];
  const runs = orderRuns(listed, onTop);
  return { runs, pages, active: runs.filter((run) => isActiveRun(run.status)).length };
}

function ActiveNote({ count }: { count: number }) {
  return (
    <p className="visually-hidden" role="status">
      {count === 1 ? "1 run is active" : `${count} runs are active`}
    </p>
  );
}

function NoRuns({ workspace, group }: { workspace: string; group: RunGroup }) {
  if (group !== null) return <Empty title={`No ${group} runs`} />;
  return (
    <Empty title="Nothing has run yet">
      <p>A push to a repository that a pipeline reads starts its first run:</p>
      <Command>{`git push ${window.location.origin}/git/${workspace}/REPOSITORY.git HEAD:main`}</Command>
      <p>
        Without a pipeline yet, set one from its file and see it under <Link to="../pipelines">Pipelines</Link>:
      </p>
      <Command>andon set andon.yml</Command>
    </Empty>
  );
}

function RunTable({ runs, workspace }: { runs: Run[]; workspace: string }) {
  const now = useNow(runs.some((run) => isActiveRun(run.status)));
  return (
    <table className={styles.runs}>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Run</th>
          <th scope="col">Cause</th>
          <th scope="col">Author</th>
          <th scope="col">Jobs</th>
          <th scope="col" className="number">
            Started
          </th>
          <th scope="col" className="number">
            Duration
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} workspace={workspace} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run, workspace, now }: { run: Run; workspace: string; now: number }) {
  const length = elapsed(run.created_at, run.ended_at, now) ?? 0;
  const done = (run.job_runs.succeeded ?? 0) + (run.job_runs.skipped ?? 0);
  return (
    <tr data-run={run.id}>
      <td className={styles.status}>
        <StatusMark look={runLook(run.status)} />
      </td>
      <td className={styles.title}>
        <Link to={`/w/${workspace}/runs/${run.id}`}>{runTitle(run)}</Link>
      </td>
      <td data-label="Cause">{causeWords(run.cause)}</td>
      <td data-label="Author" className={styles.author} title={run.author ?? run.actor}>
        {run.author ?? run.actor}
      </td>
      <td data-label="Jobs">
        {done} of {run.job_runs.total} done
      </td>
      <td data-label="Started" className="number" title={formatMoment(run.created_at)}>
        {formatAge(run.created_at, now)}
      </td>
      <td data-label="Duration" className="number">
        {formatDuration(length)}
      </td>
    </tr>
  );
}
