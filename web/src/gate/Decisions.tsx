import type { GateDecision } from "../api/types";
import { Moment } from "../kit/Moment";
import { actorWords } from "../text/actors";
import { decisionWords } from "./gateWords";
import styles from "./GateForm.module.css";

/** Who decided what, oldest first; what was taken back stays, and says so. */
export function Decisions({ decisions, job }: { decisions: readonly GateDecision[]; job: string }) {
  if (decisions.length === 0) return null;
  return (
    <ul className={styles.decisions} aria-label={`Decisions on ${job}`}>
      {decisions.map((decision) => (
        <li key={`${decision.user} ${decision.at}`} data-revoked={Boolean(decision.revoked_at)}>
          <span className={styles.decision}>{decisionWords(decision)}</span>{" "}
          <span className="quiet">
            <Moment at={decision.at} />
          </span>
          {decision.revoked_at && (
            <span className="quiet">
              {" "}
              {decision.revoked_by === `user:${decision.user}` ? "and took it back" : `and ${actorWords(decision.revoked_by ?? "andon")} took it back`},{" "}
              <Moment at={decision.revoked_at} />
            </span>
          )}
          {decision.comment && <p className={styles.comment}>{decision.comment}</p>}
          <Answers answers={decision.form ?? {}} />
        </li>
      ))}
    </ul>
  );
}

function Answers({ answers }: { answers: Record<string, unknown> }) {
  const given = Object.entries(answers);
  if (given.length === 0) return null;
  return (
    <dl className={styles.answers}>
      {given.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "boolean" ? (value ? "yes" : "no") : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
