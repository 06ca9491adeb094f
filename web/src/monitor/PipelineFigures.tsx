import { Link } from "react-router";
import type { Figures, Monitor } from "../api/types";
import { FigureLink } from "./FigureLink";
import { Length } from "./Headline";
import { formatShare, runsAddress, type Ground } from "./links";
import styles from "./MonitorPage.module.css";

const bad = ({ failed, error }: Figures): number => failed + error;

/** The same figures for each pipeline, the one with most failures first. */
export function PipelineFigures({ monitor, ground }: { monitor: Monitor; ground: Ground }) {
  const pipelines = monitor.pipelines.toSorted((one, other) => bad(other) - bad(one) || other.runs - one.runs);
  if (pipelines.length === 0) return null;
  return (
    <section aria-labelledby="by-pipeline" className={styles.section}>
      <h2 id="by-pipeline">By pipeline</h2>
      <table className={styles.table}>
        <thead>
          <tr>
            {["Pipeline", "Runs", "Failed", "Rate", "P50", "P90", "P99", "Queue P50", "Queue P90"].map((name, at) => (
              <th key={name} scope="col" className={at > 0 ? "number" : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pipelines.map((each) => {
            const { pipeline } = each;
            return (
              <tr key={pipeline}>
                <td>
                  <Link to={`../pipelines/${encodeURIComponent(pipeline)}`}>
                    <strong>{pipeline}</strong>
                  </Link>
                  {each.project !== null && <span className="quiet"> {each.project}</span>}
                </td>
                <td className="number" data-label="Runs">
                  <FigureLink to={runsAddress(ground, { pipeline })} what="its runs">
                    {each.runs}
                  </FigureLink>
                </td>
                <td className="number" data-label="Failed">
                  <FigureLink to={runsAddress(ground, { pipeline, tab: "failed" })} what="its failed runs">
                    {bad(each)}
                  </FigureLink>
                </td>
                <td className="number" data-label="Rate">
                  {each.failure_rate === null ? "–" : formatShare(each.failure_rate)}
                </td>
                {(["p50_ms", "p90_ms", "p99_ms"] as const).map((name) => (
                  <td key={name} className="number" data-label={name.slice(0, 3).toUpperCase()}>
                    <Length ms={each.duration[name]} to={(ms) => runsAddress(ground, { pipeline, lasting: ms })} what="its runs that took at least as long" />
                  </td>
                ))}
                {(["p50_ms", "p90_ms"] as const).map((name) => (
                  <td key={name} className="number" data-label={`Queue ${name.slice(0, 3).toUpperCase()}`}>
                    <Length ms={each.queue[name]} to={(ms) => runsAddress(ground, { pipeline, queued: ms })} what="its runs that waited at least as long" />
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
