import type { AuditEntry } from "../api/types";
import { Moment } from "../kit/Moment";
import { actorWords } from "../text/actors";
import styles from "./AuditPage.module.css";

interface AuditTableProps {
  entries: readonly AuditEntry[];
  /** The entry that stands beside the list. */
  opened: number | null;
  open: (entry: string) => void;
}

export function AuditTable({ entries, opened, open }: AuditTableProps) {
  return (
    <table className={styles.entries}>
      <thead>
        <tr>
          <th scope="col">Did</th>
          <th scope="col">To what</th>
          <th scope="col">Who</th>
          <th scope="col">From</th>
          <th scope="col" className="number">
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.sequence} data-entry={entry.sequence} data-opened={entry.sequence === opened}>
            <td className={styles.action}>
              <button type="button" className={styles.open} aria-expanded={entry.sequence === opened} onClick={() => open(String(entry.sequence))}>
                {entry.action}
              </button>
            </td>
            <td className={styles.object}>{entry.object}</td>
            <td data-label="Who" title={entry.actor}>
              {whoWords(entry)}
            </td>
            <td data-label="From" className={styles.from}>
              {entry.address ?? "this server"}
            </td>
            <td data-label="When" className="number">
              <Moment at={entry.at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The person, and with which token where it was one. */
export function whoWords({ actor, person }: Pick<AuditEntry, "actor" | "person">): string {
  const words = actorWords(actor);
  return person && person !== words ? `${person}, ${words}` : words;
}
