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
  const dim = useDim(way);
  return (
    <span className={styles.pills} data-dim={dim}>
      {rows.slice(0, PILL_ROWS).map((row, at) => (
        <Pill key={row.resource} row={row} more={at === PILL_ROWS - 1 ? rows.length - PILL_ROWS : 0} chosen={chosen} />
      ))}
    </span>
  );
});

/** The name leads to the resource, the version lights its way. */
function Pill({ row: { resource, version, text, values }, more, chosen }: { row: PillRow; more: number; chosen: string | null }) {
  const acts = useContext(ActsContext);
  if (version === null) {
    return (
      <button type="button" className={styles.pill} disabled title={`No version of ${resource} has come this way`}>
        <span className={styles.pillName}>{resource}</span> <code>none</code>
      </button>
    );
  }
  return (
    <span className={styles.pill} data-chosen={chosen === version}>
      <Link className={styles.pillName} to={acts.addressOf(resource)} title={`Versions of ${resource}`}>
        {resource}
      </Link>
      <button type="button" title={`The way of ${resource}\n${describeVersion(values)}`} onClick={() => acts.lightVersion(version)}>
        <code>{text}</code>
        {more > 0 && ` +${more}`}
      </button>
    </span>
  );
}
