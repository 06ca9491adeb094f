import type { Diagnostic } from "../api/schema";
import styles from "./DiagnosticList.module.css";

const WORDS = { error: "Error", warning: "Warning", note: "Note" } as const;

/** What is wrong with a text, line by line. With `onLine` each leads to its line. */
export function DiagnosticList({ findings, onLine }: { findings: readonly Diagnostic[]; onLine?: (line: number) => void }) {
  if (findings.length === 0) return null;
  return (
    <ul className={styles.findings}>
      {findings.map(({ severity, code, line, column, message, suggestion }) => (
        <li key={`${line} ${column} ${code} ${message}`} data-severity={severity}>
          <span className={styles.severity}>{WORDS[severity]}</span>{" "}
          {onLine === undefined ? (
            `Line ${line}`
          ) : (
            <button type="button" className={styles.line} onClick={() => onLine(line)}>
              Line {line}
            </button>
          )}
          : {message}
          {suggestion !== null && <span className="quiet"> {suggestion}</span>}
        </li>
      ))}
    </ul>
  );
}
