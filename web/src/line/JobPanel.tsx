import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { explainJob, listJobRuns } from "../api/client";
import type { JobHistory, LineGraph, LineJob } from "../api/schema";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { pauseWords } from "../screens/pipelineList";
import { StatusMark } from "../status/StatusMark";
import { isActiveJobRun, jobRunLook, reasonWords } from "../status/status";
import { formatDuration } from "../text/time";
import { Cord } from "./Cord";
import styles from "./JobPanel.module.css";
import { Reasons } from "./Reasons";
import { Trigger } from "./Trigger";
import { causeOf, jobLook, versionText } from "./words";

interface JobPanelProps {
  workspace: string;
  graph: LineGraph;
  job: LineJob;
  onClose: () => void;
  lightVersion: (version: string) => void;
  /** Whether only what leads to this job stands out. */
  focused: boolean;
  onFocus: (on: boolean) => void;
}

const VERDICTS = { started: "Started", "up-to-date": "Up to date", waiting: "Waiting", blocked: "Blocked" } as const;

/** Beside the picture: why a job stands as it does, what it ran, and what can be done. */
export function JobPanel({ workspace, graph, job, onClose, lightVersion, focused, onFocus }: JobPanelProps) {
  const place = { workspace, pipeline: graph.pipeline, job: job.name };
  const mayOperate = useMay(workspace, "operator");
  return (
    <aside className={styles.panel} aria-label={`Job ${job.name}`}>
      <header className={styles.head}>
        <h2>{job.name}</h2>
        <button type="button" aria-label="Close the panel" onClick={onClose}>
          ×
        </button>
      </header>
      <p className={styles.state}>
        <StatusMark look={jobLook(job)} /> {job.paused === null && causeOf(job, graph.paused !== null)}
      </p>
      {job.description && <p className="quiet">{job.description}</p>}
      {job.paused && (
        <p>
          {pauseWords(job.paused)}, <Moment at={job.paused.at} />
        </p>
      )}
      <div className={styles.acts}>
        {mayOperate && <Trigger {...place} />}
        {mayOperate && <Cord {...place} paused={job.paused} />}
        <button type="button" aria-pressed={focused} onClick={() => onFocus(!focused)}>
          Only what leads here
        </button>
      </div>
      <Why {...place} />
      <History {...place} usualMs={job.usual_ms} lightVersion={lightVersion} />
    </aside>
  );
}

interface Place {
  workspace: string;
  pipeline: string;
  job: string;
}

function Why({ workspace, pipeline, job }: Place) {
  const why = useQuery({
    queryKey: keys.why(workspace, pipeline, job),
    queryFn: ({ signal }) => explainJob({ workspace, pipeline, job }, {}, signal),
  });
  const decision = why.data?.decision;
  return (
    <section aria-label="Why">
      <h3>Why</h3>
      {why.isPending && <Loading />}
      {why.error && <Failure error={why.error} retry={() => void why.refetch()} />}
      {why.data && !decision && <p className="quiet">The scheduler has not looked at this job yet.</p>}
      {decision && (
        <>
          <p>
            <strong>{VERDICTS[decision.verdict]}</strong>
            {why.data?.decided_at != null && (
              <>
                , decided <Moment at={why.data.decided_at} />
              </>
            )}
          </p>
          <Reasons reasons={decision.reasons} />
        </>
      )}
    </section>
  );
}

function History({ workspace, pipeline, job, usualMs, lightVersion }: Place & { usualMs: number | null; lightVersion: (version: string) => void }) {
  const history = useQuery({
    queryKey: keys.jobHistory(workspace, pipeline, job),
    queryFn: ({ signal }) => listJobRuns({ workspace, pipeline, job }, { limit: 10 }, signal),
  });
  return (
    <section aria-label="Latest runs">
      <h3>Latest runs</h3>
      {usualMs !== null && <p className="quiet">Usually takes {formatDuration(usualMs)}.</p>}
      {history.isPending && <Loading />}
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.data?.items.length === 0 && <p className="quiet">It has not run yet.</p>}
      {history.data && <Runs history={history.data} workspace={workspace} lightVersion={lightVersion} />}
    </section>
  );
}

function Runs({ history, workspace, lightVersion }: { history: JobHistory; workspace: string; lightVersion: (version: string) => void }) {
  return (
    <ul className={styles.runs}>
      {history.items.map((run) => (
        <li key={run.id}>
          <div className={styles.run}>
            <StatusMark look={jobRunLook(run.status)} quiet />
            <Link to={`/w/${workspace}/runs/${run.run}/job-runs/${run.id}`}>#{run.number}</Link>
            <span className="quiet">{reasonWords(run.reason)}</span>
            <span className={styles.when}>
              {run.started_at !== null && run.ended_at !== null && formatDuration(run.ended_at - run.started_at)}
              {isActiveJobRun(run.status) && jobRunLook(run.status).word} <Moment at={run.created_at} />
            </span>
          </div>
          <div className={styles.versions}>
            {Object.entries(run.versions).map(([resource, version]) => (
              <button key={resource} type="button" onClick={() => lightVersion(version)}>
                {resource} <code>{versionText(history.versions[version])}</code>
              </button>
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
