import type { EnvironmentFigures, Monitor } from "../api/types";
import { Moment } from "../kit/Moment";
import { Command } from "../screens/Answer";
import { formatDuration } from "../text/time";
import { FigureLink } from "./FigureLink";
import { formatRate, formatShare, runsAddress, type Counted, type Ground } from "./links";
import styles from "./MonitorPage.module.css";

interface DeliveriesProps {
  monitor: Monitor;
  ground: Ground;
  /** The environment whose deployments the picture shows. */
  chosen: string | null;
  choose: (environment: string) => void;
}

/** What reached the environments, how fast and how well. */
export function Deliveries({ monitor, ground, chosen, choose }: DeliveriesProps) {
  return (
    <section aria-labelledby="delivery" className={styles.section}>
      <h2 id="delivery">Delivery</h2>
      {monitor.environments.length === 0 ? (
        <>
          <p className="quiet">No environment is in these pipelines. A job with one among its outputs delivers into it:</p>
          <Command>{"resources:\n  production: { type: environment }\njobs:\n  deploy: { outputs: [production], … }"}</Command>
        </>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              {["Environment", "Deployments", "How often", "Lead time P50", "Lead time P90", "Failed changes", "Rate", "Time to restore P50", "Time to restore P90"].map((name, at) => (
                <th key={name} scope="col" className={at > 0 ? "number" : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {monitor.environments.map((each) => (
              <DeliveryRow key={`${each.pipeline}/${each.environment}`} figures={each} ground={ground} chosen={chosen} choose={choose} />
            ))}
          </tbody>
        </table>
      )}
      <Rules />
    </section>
  );
}

function DeliveryRow({ figures, ground, chosen, choose }: { figures: EnvironmentFigures } & Omit<DeliveriesProps, "monitor">) {
  const name = `${figures.pipeline}/${figures.environment}`;
  const to = (counted: Counted) => runsAddress(ground, { ...counted, environment: name });
  const { lead_time: lead, time_to_restore: restore } = figures;
  return (
    <tr data-environment={name}>
      <td>
        <button type="button" className={styles.choose} aria-pressed={chosen === name} onClick={() => choose(name)} title="Show its deployments in the picture">
          {figures.environment}
        </button>
        <span className="quiet"> {figures.pipeline}</span>
        {figures.failing_since !== null && (
          <p className={styles.failing}>
            Failing, <Moment at={figures.failing_since} />
          </p>
        )}
      </td>
      <td className="number" data-label="Deployments">
        <span>
          <FigureLink to={to({ change: "deployed" })} what="the runs that deployed">
            {figures.deployments}
          </FigureLink>
          {figures.rollbacks > 0 && (
            <span className="quiet">
              ,{" "}
              <FigureLink to={to({ change: "rollback" })} what="the rollbacks">
                {figures.rollbacks} back
              </FigureLink>
            </span>
          )}
        </span>
      </td>
      <td className="number" data-label="How often">
        {formatRate(figures.deployments_per_day)}
      </td>
      {(["p50_ms", "p90_ms"] as const).map((which) => (
        <td key={which} className="number" data-label={`Lead time ${which.slice(0, 3).toUpperCase()}`}>
          <Measured ms={lead[which]} to={to({ change: "deployed" })} what={`the runs that brought these ${lead.count} commits`} />
        </td>
      ))}
      <td className="number" data-label="Failed changes">
        <span>
          <FigureLink to={to({ change: "failed" })} what="the failed changes">
            {figures.failed_changes}
          </FigureLink>{" "}
          of{" "}
          <FigureLink to={to({})} what="every attempt">
            {figures.changes}
          </FigureLink>
        </span>
      </td>
      <td className="number" data-label="Rate">
        {figures.change_failure_rate === null ? "–" : formatShare(figures.change_failure_rate)}
      </td>
      {(["p50_ms", "p90_ms"] as const).map((which) => (
        <td key={which} className="number" data-label={`Time to restore ${which.slice(0, 3).toUpperCase()}`}>
          <Measured ms={restore[which]} to={to({ change: "restored" })} what={`the runs that ended these ${restore.count} incidents`} />
        </td>
      ))}
    </tr>
  );
}

function Measured({ ms, to, what }: { ms: number | null; to: string; what: string }) {
  if (ms === null) return <span>–</span>;
  return (
    <FigureLink to={to} what={what}>
      {formatDuration(ms)}
    </FigureLink>
  );
}

function Rules() {
  return (
    <details className={styles.rules}>
      <summary>How delivery is counted</summary>
      <ul>
        <li>
          <strong>Lead time</strong> is from a commit until it first ran in the environment. A deployment brings every commit since the one that was there before.
        </li>
        <li>
          A <strong>change</strong> is an attempt to deploy, successful or not. Going back to older commits is a rollback and no change.
        </li>
        <li>
          A change <strong>failed</strong> when its job run failed, when a job behind it failed on what it had put there, or when a rollback took it away.
        </li>
        <li>
          <strong>Time to restore</strong> is from the first failed change to the next deployment that did not fail.
        </li>
      </ul>
    </details>
  );
}
