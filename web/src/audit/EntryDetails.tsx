import type { ReactNode } from "react";
import type { AuditEntry } from "../api/types";
import { CopyButton } from "../kit/CopyButton";
import { formatMoment } from "../text/time";
import styles from "./AuditPage.module.css";
import { whoWords } from "./AuditTable";
import { listChanges } from "./changes";

/** One entry beside the list: what stood before and after, and where it came from. */
export function EntryDetails({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const changes = listChanges(entry.before, entry.after);
  return (
    <aside className={styles.details} aria-label={`Entry ${entry.sequence}`}>
      <header className={styles.detailsHead}>
        <h2>{entry.action}</h2>
        <button type="button" aria-label="Close the entry" onClick={onClose}>
          ×
        </button>
      </header>
      <dl className={styles.facts}>
        <Fact name="To what">{entry.object}</Fact>
        <Fact name="Who">{whoWords(entry)}</Fact>
        <Fact name="When">{formatMoment(entry.at)}</Fact>
        <Fact name="From">{entry.address ?? "this server"}</Fact>
        {entry.agent && <Fact name="With">{entry.agent}</Fact>}
        {entry.request && (
          <Fact name="Request">
            <code>{entry.request}</code>
          </Fact>
        )}
        <Fact name="Entry">{entry.sequence}</Fact>
      </dl>
      {changes.length > 0 && (
        <table className={styles.changes}>
          <caption>What changed</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name.replaceAll("_", " ")}</th>
                <td>{before ?? "–"}</td>
                <td>{after ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <CopyButton label="Copy the hash" text={entry.hash} />
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
