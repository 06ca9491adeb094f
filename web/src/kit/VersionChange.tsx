import type { ChangeView } from "../api/schema";
import { describeVersion, formatVersion } from "../text/versions";
import { Moment } from "./Moment";
import styles from "./VersionChange.module.css";

/** A version in short form; the whole of it in its title. */
export function Values({ values }: { values: Record<string, string> }) {
  return <code title={describeVersion(values)}>{formatVersion(values)}</code>;
}

const SHOWN_AT_ONCE = 8;

/** One resource: what it is now, what it would be, and the commits between. */
export function Change({ change }: { change: ChangeView }) {
  const { resource, from, to } = change;
  return (
    <li className={styles.change}>
      <h3>{resource}</h3>
      <p className={styles.values}>
        {from ? <Values values={from} /> : <span className="quiet">nothing</span>}
        <span aria-label="becomes"> → </span>
        <strong>
          <Values values={to} />
        </strong>
      </p>
      <CommitsOf change={change} />
    </li>
  );
}

/** The commits between the two versions, the first few at once; and why some are not known. */
export function CommitsOf({ change: { commits, truncated, unknown } }: { change: ChangeView }) {
  const [first, rest] = [commits.slice(0, SHOWN_AT_ONCE), commits.slice(SHOWN_AT_ONCE)];
  return (
    <>
      {unknown && <p className="quiet">{unknown}</p>}
      <Commits commits={first} />
      {rest.length > 0 && (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? "commit" : "commits"}
          </summary>
          <Commits commits={rest} />
        </details>
      )}
      {truncated && <p className="quiet">There are more commits than are shown here.</p>}
    </>
  );
}

function Commits({ commits }: { commits: ChangeView["commits"] }) {
  if (commits.length === 0) return null;
  return (
    <ul className={styles.commits}>
      {commits.map(({ commit, author, email, subject, at }) => (
        <li key={commit}>
          <code title={commit}>{commit.slice(0, 8)}</code> <span className={styles.subject}>{subject}</span>{" "}
          <span className="quiet" title={email}>
            {author}, <Moment at={at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
