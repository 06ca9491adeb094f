import type { TestView } from "../api/schema";
import { StatusMark } from "../status/StatusMark";
import { jobRunLook, type Look } from "../status/status";
import { formatDuration } from "../text/time";
import styles from "./JobRunPage.module.css";

const LOOKS: Record<TestView["status"], Look> = {
  passed: { ...jobRunLook("succeeded"), word: "Passed" },
  failed: jobRunLook("failed"),
  errored: jobRunLook("errored"),
  skipped: jobRunLook("skipped"),
};

/** The results of tests, failed ones first as the server lists them. */
export function TestsTab({ tests }: { tests: readonly TestView[] }) {
  return (
    <ul className={styles.tests}>
      {tests.map(({ suite, class: className, name, status, duration_ms: length, detail }) => (
        <li key={`${suite} ${className ?? ""} ${name}`}>
          <div className={styles.test}>
            <StatusMark look={LOOKS[status]} />
            <strong>{name}</strong>
            <span className="quiet">{className ?? suite}</span>
            <span className={styles.length}>{length == null ? "" : formatDuration(length)}</span>
          </div>
          {detail && (
            <details open={status === "failed" || status === "errored"}>
              <summary>Message</summary>
              <pre className={styles.trace}>{detail}</pre>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
