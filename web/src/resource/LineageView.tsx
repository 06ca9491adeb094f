import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { traceVersion } from "../api/client";
import type { LineageRun, LineageVersion, LineageView as Lineage } from "../api/schema";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { StatusMark } from "../status/StatusMark";
import { jobRunLook } from "../status/status";
import { describeVersion, formatVersion } from "../text/versions";
import type { Place } from "./ResourcePage";
import styles from "./ResourcePage.module.css";

/** Where a version came from and where it has got to. */
export function LineageView({ place, version, onClose }: { place: Place; version: string; onClose: () => void }) {
  const { workspace, pipeline } = place;
  const trace = useQuery({
    queryKey: keys.trace(workspace, pipeline, version),
    queryFn: ({ signal }) => traceVersion({ workspace, version }, {}, signal),
  });
  const shown = trace.data?.version;
  return (
    <aside className={styles.lineage} aria-label="Lineage">
      <header className={styles.lineageHead}>
        <h2>{shown ? <code title={describeVersion(shown.values)}>{formatVersion(shown.values)}</code> : "Lineage"}</h2>
        <button type="button" aria-label="Close the lineage" onClick={onClose}>
          ×
        </button>
      </header>
      <p>
        <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}?version=${version}`}>Show its way through the line</Link>
      </p>
      {trace.isPending && <Loading />}
      {trace.error && <Failure error={trace.error} retry={() => void trace.refetch()} />}
      {trace.data?.up && <Side title="Where it came from" nothing="It came from outside: no job made it." lineage={trace.data.up} workspace={workspace} />}
      {trace.data?.down && (
        <>
          <Reached lineage={trace.data.down} />
          <Side title="Where it has got to" nothing="No job has taken it yet." lineage={trace.data.down} workspace={workspace} />
        </>
      )}
    </aside>
  );
}

function Reached({ lineage: { environments } }: { lineage: Lineage }) {
  if (environments.length === 0) return null;
  return (
    <p className={styles.reached}>
      Reached{" "}
      {environments.map((environment, at) => (
        <span key={`${environment.pipeline} ${environment.name}`}>
          {at > 0 && ", "}
          <strong>{environment.name}</strong> <span className="quiet">of {environment.pipeline}</span>
        </span>
      ))}
    </p>
  );
}

function Side({ title, nothing, lineage, workspace }: { title: string; nothing: string; lineage: Lineage; workspace: string }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {lineage.job_runs.length === 0 && <p className="quiet">{nothing}</p>}
      <ol className={styles.steps}>
        {lineage.job_runs.map((jobRun) => (
          <Step key={jobRun.id} jobRun={jobRun} workspace={workspace} />
        ))}
      </ol>
      {lineage.truncated && <p className="quiet">There are more job runs than are listed.</p>}
    </section>
  );
}

function Step({ jobRun, workspace }: { jobRun: LineageRun; workspace: string }) {
  return (
    <li>
      <div className={styles.step}>
        <StatusMark look={jobRunLook(jobRun.status)} />
        <Link to={`/w/${workspace}/job-runs/${jobRun.id}`}>
          {jobRun.pipeline}/{jobRun.job} #{jobRun.number}
        </Link>
        <span className="quiet">
          <Moment at={jobRun.created_at} />
        </span>
      </div>
      <Bound title="took" versions={jobRun.inputs} workspace={workspace} />
      <Bound title="made" versions={jobRun.outputs} workspace={workspace} />
    </li>
  );
}

function Bound({ title, versions, workspace }: { title: string; versions: readonly LineageVersion[]; workspace: string }) {
  if (versions.length === 0) return null;
  return (
    <p className={styles.bound}>
      <span className="quiet">{title}</span>{" "}
      {versions.map(({ id, pipeline, resource, values }) => (
        <Link key={id} title={describeVersion(values)} to={`/w/${workspace}/resources/${encodeURIComponent(pipeline)}/${encodeURIComponent(resource)}?version=${id}`}>
          {resource} <code>{formatVersion(values)}</code>
        </Link>
      ))}
    </p>
  );
}
