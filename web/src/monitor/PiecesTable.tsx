import type { Monitor } from "../api/types";
import { FigureLink } from "./FigureLink";
import { Length } from "./Headline";
import { runsAddress, type Ground } from "./links";
import styles from "./MonitorPage.module.css";
import { pieceText } from "./time";

/** What the pictures show, as figures: for screen readers, and to go on to the runs of one day. */
export function PiecesTable({ monitor, ground }: { monitor: Monitor; ground: Ground }) {
  const pieces = monitor.over_time.filter(({ runs }) => runs > 0).toReversed();
  return (
    <details className={styles.pieces}>
      <summary>The same as a table</summary>
      {pieces.length === 0 ? (
        <p className="quiet">No run began in this time.</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              {["From", "Runs", "Completed", "Failed", "Stopped", "Active", "P50", "P90", "Queue P90"].map((name, at) => (
                <th key={name} scope="col" className={at > 0 ? "number" : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pieces.map((piece) => {
              const { from, to } = piece;
              const counts = [
                { name: "Runs", count: piece.runs, counted: {} },
                { name: "Completed", count: piece.completed + piece.partial_success, counted: { tab: "completed" } },
                { name: "Failed", count: piece.failed + piece.error, counted: { tab: "failed" } },
                { name: "Stopped", count: piece.stopped, counted: { tab: "stopped" } },
                { name: "Active", count: piece.active, counted: { tab: "active" } },
              ] as const;
              return (
                <tr key={from}>
                  <td>{pieceText(from, monitor.piece_ms)}</td>
                  {counts.map(({ name, count, counted }) => (
                    <td key={name} className="number" data-label={name}>
                      <FigureLink to={runsAddress(ground, { ...counted, from, to })} what="these runs">
                        {count}
                      </FigureLink>
                    </td>
                  ))}
                  {(["p50_ms", "p90_ms"] as const).map((which) => (
                    <td key={which} className="number" data-label={which.slice(0, 3).toUpperCase()}>
                      <Length ms={piece.duration[which]} to={(lasting) => runsAddress(ground, { from, to, lasting })} what="runs that took at least as long" />
                    </td>
                  ))}
                  <td className="number" data-label="Queue P90">
                    <Length ms={piece.queue.p90_ms} to={(queued) => runsAddress(ground, { from, to, queued })} what="runs that waited at least as long" />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </details>
  );
}
