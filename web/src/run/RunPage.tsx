import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { getRun, getRunGraph } from "../api/client";
import type { LineGraph } from "../api/schema";
import type { RunDetail } from "../api/types";
import { useMay } from "../app/role";
import { resourceAddress } from "../line/acts";
import { LinePicture } from "../line/LinePicture";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { causeWords, runTitle } from "../screens/runList";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, runLook } from "../status/status";
import { actorWords } from "../text/actors";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { Banner } from "./Banner";
import { Consequences } from "./Consequences";
import { JobRunEntry } from "./JobRunEntry";
import { RunActions } from "./RunActions";
import styles from "./RunPage.module.css";
import { withOwnVersions } from "./ownVersions";
import { TimelineView } from "./TimelineView";

export function RunPage() {
  const workspace = useWorkspace();
  const { run: id = "" } = useParams();
  const run = useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => getRun({ workspace, run: id }, signal) });
  useTitle(run.data ? runTitle(run.data) : "Run");
  return (
    <>
      <p>
        <Link to={`/w/${workspace}/runs`}>Runs</Link>
        {run.data && (
          <>
            {" / "}
            <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(run.data.pipeline)}`}>{run.data.pipeline}</Link>
          </>
        )}
      </p>
      {run.error && <Failure error={run.error} retry={() => void run.refetch()} />}
      {run.isPending && <Loading />}
      {run.data && <RunView run={run.data} workspace={workspace} />}
    </>
  );
}

function RunView({ run, workspace }: { run: RunDetail; workspace: string }) {
  const active = isActiveRun(run.status);
  const now = useNow(active);
  const mayOperate = useMay(workspace, "operator");
  const graph = useQuery({ queryKey: keys.runGraph(run.id), queryFn: ({ signal }) => getRunGraph({ workspace, run: run.id }, signal) });
  return (
    <>
      <header className={styles.head}>
        <h1>{runTitle(run)}</h1>
        <span role="status">
          <StatusMark look={runLook(run.status)} />
        </span>
        {mayOperate && <RunActions key={String(active)} run={run} workspace={workspace} />}
      </header>
      <p className="quiet">
        {causeWords(run.cause)} by {run.author ?? actorWords(run.actor)},{" "}
        <span title={formatMoment(run.created_at)}>{formatAge(run.created_at, now)}</span>,{" "}
        {active ? "for" : "took"} {formatDuration(elapsed(run.created_at, run.ended_at, now) ?? 0)}, on revision {run.revision}
      </p>
      {run.closing && (
        <p>
          Closed by {actorWords(run.closing.by)}, {formatAge(run.closing.at, now)}: {run.closing.reason}
        </p>
      )}
      <Banner workspace={workspace} pipeline={run.pipeline} graph={graph.data} active={active} />
      {graph.error && <Failure error={graph.error} retry={() => void graph.refetch()} />}
      {graph.data && <RunPicture graph={graph.data} run={run} workspace={workspace} />}
      <h2 className={styles.subhead}>Jobs</h2>
      {run.job_run_list.length === 0 && <p className="quiet">No job has started yet.</p>}
      <ul>
        {run.job_run_list.map((jobRun) => (
          <li key={jobRun.id}>
            <JobRunEntry jobRun={jobRun} run={run.id} workspace={workspace} now={now} />
          </li>
        ))}
      </ul>
      {graph.data && <TimelineView graph={graph.data} active={active} />}
      <Consequences run={run} workspace={workspace} />
    </>
  );
}

const NOTHING_CHOSEN = { job: null, version: null };

/** The line as it was when this ran, with the states of the run; a station leads to its job run. On a phone the jobs below say the same. */
function RunPicture({ graph, run, workspace }: { graph: LineGraph; run: RunDetail; workspace: string }) {
  const navigate = useNavigate();
  const acts = useMemo(
    () => ({
      openJob: (name: string) => {
        const latest = graph.jobs.find((job) => job.name === name)?.latest;
        if (latest) void navigate(`/w/${workspace}/runs/${run.id}/job-runs/${latest.id}`);
      },
      lightVersion: (version: string) => void navigate(`/w/${workspace}/pipelines/${encodeURIComponent(run.pipeline)}?version=${version}`),
      addressOf: (resource: string) => resourceAddress(workspace, run.pipeline, resource),
    }),
    [graph, run.id, run.pipeline, workspace, navigate],
  );
  const own = useMemo(() => withOwnVersions(graph), [graph]);
  return (
    <div className={styles.picture}>
      <LinePicture graph={own} chosen={NOTHING_CHOSEN} kept={null} inLanes={false} acts={acts} />
    </div>
  );
}
