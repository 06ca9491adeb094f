import { Link } from "react-router";
import type { RunDetail } from "../api/types";
import { describeVersion, formatVersion } from "../text/versions";
import styles from "./RunPage.module.css";

/** What made the run start, and what came of it. */
export function Consequences({ run, workspace }: { run: RunDetail; workspace: string }) {
  const made = run.job_run_list.flatMap(({ id, job, number, outputs }) => outputs.map((output) => ({ id, job, number, output })));
  const [first] = run.job_run_list;
  const line = `/w/${workspace}/pipelines/${encodeURIComponent(run.pipeline)}`;
  return (
    <section aria-label="Causes and effects">
      <h2 className={styles.subhead}>What caused it</h2>
      <p className={styles.cause}>
        {run.cause_detail ?? "Nothing more is known than its cause."}
        {run.note && ` ${run.note}`}
      </p>
      {first && first.inputs.length > 0 && (
        <ul className={styles.made}>
          {first.inputs.map(({ name, version }) => (
            <li key={name} title={describeVersion(version.values)}>
              {name}{" "}
              <Link to={`${line}?version=${version.id}`}>
                <code>{formatVersion(version.values)}</code>
              </Link>{" "}
              <span className="quiet">{version.metadata.message ?? ""}</span>
            </li>
          ))}
        </ul>
      )}
      <h2 className={styles.subhead}>What it caused</h2>
      {made.length === 0 && <p className="quiet">It has made no version.</p>}
      <ul className={styles.made}>
        {made.map(({ id, job, number, output: { resource, version } }) => (
          <li key={`${id} ${resource}`} title={describeVersion(version.values)}>
            {job} <span className="quiet">#{number}</span> made {resource}{" "}
            <Link to={`${line}?version=${version.id}`}>
              <code>{formatVersion(version.values)}</code>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
