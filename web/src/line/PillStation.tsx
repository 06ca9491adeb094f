import type { NodeProps, Node } from "@xyflow/react";
import { memo, useContext } from "react";
import { Link } from "react-router";
import { describeVersion } from "../text/versions";
import { ActsContext } from "./acts";
import { PILL_ROWS } from "./drawing";
import { useDim } from "./focus";
import styles from "./Station.module.css";

export interface PillRow {
  resource: string;
  version: string | null;
  text: string;
  values: Record<string, string>;
}

export type PillNode = Node<{ way: string; rows: readonly PillRow[]; chosen: string | null }, "pill">;

/** On a way between two jobs: which version of each resource the first one last passed. */
export const PillStation = memo(function PillStation({ data: { way, rows, chosen } }: NodeProps<PillNode>) {
  const acts = useContext(ActsContext);
  const dim = useDim(way);
  const rest = rows.length - PILL_ROWS;
  return (
    <span className={styles.pills} data-dim={dim}>
      {rows.slice(0, PILL_ROWS).map(({ resource, version, text, values }, at) => (
        <span key={resource} className={styles.pill} data-chosen={chosen !== null && chosen === version}>
          <Link className={styles.pillName} to={acts.addressOf(resource)} title={`Versions of ${resource}`}>
            {resource}
          </Link>
          <button
            type="button"
            disabled={version === null}
            title={`The way of ${resource}\n${describeVersion(values)}`}
            onClick={() => version !== null && acts.lightVersion(version)}
          >
            <code>{text || "none"}</code>
            {at === PILL_ROWS - 1 && rest > 0 && ` +${rest}`}
          </button>
        </span>
      ))}
    </span>
  );
});
