import type { Plan, Planned } from "../api/schema";
import { planLines } from "./planLines";
import styles from "./PlanView.module.css";

/** What a text changes for the line. */
export function PlanView({ plan }: { plan: Plan }) {
  const lines = planLines(plan);
  return (
    <>
      {lines.length === 0 ? (
        <p>Nothing that the line does would change.</p>
      ) : (
        <ul className={styles.plan} aria-label="Changes of the line">
          {lines.map(({ change, words }) => (
            <li key={words} data-change={change}>
              <span className={styles.mark} aria-hidden="true">
                {{ added: "+", changed: "~", removed: "−" }[change]}
              </span>
              {words}
            </li>
          ))}
        </ul>
      )}
      {(plan.warnings ?? []).map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
    </>
  );
}

/** What a text would change, and what would start because of it. */
export function PlannedView({ planned }: { planned: Planned }) {
  const { plan, starts, warnings = [], simulation } = planned;
  const later = [...new Set(simulation.starts.filter(({ job, pipeline }) => pipeline !== plan.pipeline || !starts.includes(job)).map(({ job, pipeline }) => (pipeline === plan.pipeline ? job : `${pipeline}/${job}`)))];
  return (
    <>
      <PlanView plan={plan} />
      <p>{starts.length === 0 ? "No job would start by itself." : `Would start at once: ${starts.join(", ")}.`}</p>
      {later.length > 0 && <p className="quiet">Then, if all goes well: {later.join(", ")}.</p>}
      {warnings.map((warning) => (
        <p key={warning} className={styles.warning}>
          {warning}
        </p>
      ))}
    </>
  );
}
