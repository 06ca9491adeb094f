import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { listRuns, type RunFilter } from "../api/calls";
import type { Run } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, runLook } from "../status/status";
import { actorWords } from "../text/actors";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { Command, Empty, Failure, Loading } from "./Answer";
import { causeWords, orderRuns, runTitle } from "./runList";
import { firstCursor, joinPages, knownRuns, type Cursor, type RunPage } from "./runPages";
import styles from "./RunsPage.module.css";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

interface Tab {
  name: string;
  title: string;
  filters: readonly (RunFilter | null)[];
}

const ALL: Tab = { name: "all", title: "All", filters: [null] };
const TABS: readonly Tab[] = [
  ALL,
  { name: "active", title: "Active", filters: ["active"] },
  { name: "completed", title: "Completed", filters: ["completed", "partial-success"] },
  { name: "failed", title: "Failed", filters: ["failed", "error"] },
  { name: "stopped", title: "Stopped", filters: ["stopped"] },
];

export function RunsPage() {
  useTitle("Runs");
  const workspace = useWorkspace();
  const [search] = useSearchParams();
  const tab = TABS.find(({ name }) => name === search.get("tab")) ?? ALL;
  const { runs, pages, active } = useRuns(workspace, tab);

  return (
    <>
      <h1>Runs</h1>
      <nav className={styles.tabs} aria-label="Which runs">
        {TABS.map(({ name, title }) => (
          <Link key={name} to={name === "all" ? "." : `?tab=${name}`} aria-current={name === tab.name ? "page" : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      <ActiveNote count={active} />
      {pages.error && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <Loading />}
      {pages.data && runs.length === 0 && <NoRuns workspace={workspace} tab={tab} />}
      {runs.length > 0 && <RunTable runs={runs} workspace={workspace} />}
      {pages.hasNextPage && (
        <button type="button" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show older runs
        </button>
      )}
    </>
  );
}

async function fetchRuns(workspace: string, cursor: Cursor, signal: AbortSignal): Promise<RunPage> {
  return joinPages(cursor, await Promise.all(cursor.map(({ filter, after }) => listRuns(workspace, filter, after, signal))));
}

/** The pages fetched so far, with what is active pinned on top however old it is. */
function useRuns(workspace: string, { name, filters }: Tab) {
  const pages = useInfiniteQuery({
    queryKey: keys.runs(workspace, name),
    queryFn: ({ pageParam, signal }) => fetchRuns(workspace, pageParam, signal),
    initialPageParam: firstCursor(filters),
    getNextPageParam: (page) => page.next,
  });
  const isAll = name === ALL.name;
  const pinned = useQuery({
    queryKey: keys.runs(workspace, "pinned"),
    queryFn: ({ signal }) => listRuns(workspace, "active", null, signal),
    enabled: isAll,
  });
  const runs = orderRuns(knownRuns(pages.data?.pages ?? []), isAll ? (pinned.data?.items ?? []) : []);
  return { runs, pages, active: runs.filter((run) => isActiveRun(run.status)).length };
}

function ActiveNote({ count }: { count: number }) {
  return (
    <p className="visually-hidden" role="status">
      {count === 1 ? "1 run is active" : `${count} runs are active`}
    </p>
  );
}

function NoRuns({ workspace, tab }: { workspace: string; tab: Tab }) {
  if (tab !== ALL) {
    return (
      <Empty title={`No ${tab.name} runs`}>
        <p>
          <Link to=".">See all runs</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing has run yet">
      <p>A push to a repository that a pipeline reads starts its first run:</p>
      <Command>{`git push ${window.location.origin}/git/${workspace}/REPOSITORY.git HEAD:main`}</Command>
      <p className="quiet">git asks for your name and your password; a token may stand for the password.</p>
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
        {run.cause_detail && <p className="quiet">{run.cause_detail}</p>}
      </td>
      <td data-label="Cause">{causeWords(run.cause)}</td>
      <td data-label="Author" className={styles.author} title={run.actor}>
        {run.author ?? actorWords(run.actor)}
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
