import type { NodeProps, Node } from "@xyflow/react";
import { memo, useContext } from "react";
import type { LineResource, LineVersion } from "../api/schema";
import { useNow } from "../live/clock";
import { formatAge, formatMoment } from "../text/time";
import { describeVersion, truncateMiddle } from "../text/versions";
import { ActsContext } from "./acts";
import { useDim } from "./focus";
import styles from "./Station.module.css";
import { versionText } from "./words";

export type ResourceNode = Node<{ resource: LineResource; version: LineVersion | undefined; chosen: string | null }, "resource" | "environment">;

/** A resource with its newest version; an environment is wide and says what runs there. */
export const ResourceStation = memo(function ResourceStation({ type, data: { resource, version, chosen } }: NodeProps<ResourceNode>) {
  const acts = useContext(ActsContext);
  const now = useNow(false);
  const id = `resource:${resource.name}`;
  const dim = useDim(id);
  const shown = version ? versionText(version) : type === "environment" ? "nothing yet" : "no version yet";
  return (
    <button
      type="button"
      className={type === "environment" ? styles.environment : styles.resource}
      data-station={id}
      data-dim={dim}
      data-chosen={chosen !== null && chosen === resource.newest}
      disabled={resource.newest === null}
      title={version ? `${resource.name}\n${describeVersion(version.values)}\n${formatMoment(version.created_at)}` : resource.name}
      onClick={() => resource.newest !== null && acts.lightVersion(resource.newest)}
      onPointerEnter={() => acts.pointAt(id)}
      onPointerLeave={() => acts.pointAt(null)}
      onFocus={() => acts.pointAt(id)}
      onBlur={() => acts.pointAt(null)}
    >
      <span className={styles.name}>
        {truncateMiddle(resource.name, type === "environment" ? 20 : 14)}
        {resource.pinned && <span className={styles.pin}> pinned</span>}
      </span>
      <span className={styles.version}>
        <code>{shown}</code>
        {version && <span className="quiet"> {formatAge(version.created_at, now)}</span>}
      </span>
      {resource.check_error && <span className={styles.fault}>check failed: {resource.check_error}</span>}
    </button>
  );
});
