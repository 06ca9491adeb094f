import { Link } from "react-router";
import type { Evidence, UsedVersion } from "../api/types";
import { Moment } from "../kit/Moment";
import { Change, Values } from "../kit/VersionChange";
import { actorWords } from "../text/actors";
import { formatVersion } from "../text/versions";
import styles from "./GatePage.module.css";

interface ChangesProps {
  evidence: Evidence;
  inputs: readonly UsedVersion[];
  /** A closed gate is still compared with what runs now, not with what ran when it was decided. */
  isOpen: boolean;
  workspace: string;
}

/** What would run against what runs now, and who wrote what lies between. */
export function Changes({ evidence, inputs, isOpen, workspace }: ChangesProps) {
  const { environment, current, changes, authors } = evidence;
  const changed = changes.filter((change) => change.changed);
  const same = changes.filter((change) => !change.changed);
  return (
    <section aria-labelledby="gate-changes">
      <h2 id="gate-changes">{isOpen ? `What changes${environment === null ? "" : ` in ${environment}`}` : "What it was about"}</h2>
      {environment === null && <p className="quiet">No environment lies behind this gate, so there is nothing to compare with.</p>}
      {(environment === null || !isOpen) && (
        <ul className={styles.cargo}>
          {inputs.map(({ name, version }) => (
            <li key={name}>
              {name} <Values values={version.values} />
            </li>
          ))}
        </ul>
      )}
      {environment !== null && (
        <p className="quiet">
          {current === null ? (
            `Nothing runs in ${environment} yet.`
          ) : (
            <>
              {environment} runs <Link to={`/w/${workspace}/job-runs/${current.job_run}`}>what {actorWords(current.by)} brought</Link>{" "}
              <Moment at={current.since} />.
            </>
          )}
        </p>
      )}
      {environment !== null && changes.length > 0 && changed.length === 0 && <p>All of it runs there{isOpen && " already: nothing changes"}.</p>}
      {environment !== null && changed.length > 0 && (
        <ul className={styles.changes}>
          {changed.map((change) => (
            <Change key={change.resource} change={change} />
          ))}
        </ul>
      )}
      {isOpen && same.length > 0 && <p className="quiet">Unchanged: {same.map(({ resource, to }) => `${resource} ${formatVersion(to)}`).join(", ")}.</p>}
      {authors.length > 0 && (
        <p>
          Written by{" "}
          {authors.map(({ name, email, commits }, at) => (
            <span key={email} title={email}>
              {at > 0 && ", "}
              {name} <span className="quiet">({commits})</span>
            </span>
          ))}
          .
        </p>
      )}
    </section>
  );
}
