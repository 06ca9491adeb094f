import type { Reason } from "../api/schema";
import styles from "./Reasons.module.css";

/** A reason with those below it, as far as the server explains. */
type ReasonTree = Reason & { children?: readonly ReasonTree[] };

/** Why a job stands as it does: a tree that ends in the smallest thing that would unblock it. */
export function Reasons({ reasons }: { reasons: readonly ReasonTree[] }) {
  return (
    <ul className={styles.reasons}>
      {reasons.map((reason) => (
        <li key={`${reason.kind} ${reason.input ?? ""} ${reason.text}`}>
          <p>
            {reason.input && <code>{reason.input}</code>} {reason.text}
          </p>
          {reason.unblock && <p className={styles.unblock}>To go on: {reason.unblock}</p>}
          {reason.children && reason.children.length > 0 && <Reasons reasons={reason.children} />}
        </li>
      ))}
    </ul>
  );
}
