import type { NodeProps, Node } from "@xyflow/react";
import { memo, useContext } from "react";
import { Link } from "react-router";
import type { LineResource, LineVersion } from "../api/schema";
import shape from "../kit/StationShape.module.css";
import { useNow } from "../live/clock";
import { formatAge, formatMoment } from "../text/time";
import { describeVersion, truncateMiddle } from "../text/versions";
import { ActsContext } from "./acts";
import { useDim } from "./focus";
import styles from "./Station.module.css";
import { versionText } from "./words";

export type ResourceNode = Node<{ resource: LineResource; version: LineVersion | undefined; chosen: string | null }, "resource" | "environment">;

/** A resource with its newest version; an environment is wide and says what runs there. The name leads to its page, the version lights its way. */
export const ResourceStation = memo(function ResourceStation({ type, data: { resource, version, chosen } }: NodeProps<ResourceNode>) {
  const acts = useContext(ActsContext);
  const now = useNow(false);
  const id = `resource:${resource.name}`;
  const dim = useDim(id);
  const { newest } = resource;
  return (
    <div
      className={`${shape.body} ${shape[type]} ${styles.station} ${styles[type]}`}
      data-station={id}
      data-dim={dim}
      data-empty={newest === null}
      data-chosen={chosen !== null && chosen === newest}
      onPointerEnter={() => acts.pointAt(id)}
      onPointerLeave={() => acts.pointAt(null)}
      onFocus={() => acts.pointAt(id)}
      onBlur={() => acts.pointAt(null)}
    >
      <span className={`${shape.name} ${styles.name}`}>
        <Link to={acts.addressOf(resource.name)} title={`Versions of ${resource.name}`}>
          {truncateMiddle(resource.name, type === "environment" ? 20 : 14)}
        </Link>
        {resource.pinned && <span className={styles.pin}> pinned</span>}
        {resource.check_error && (
          <span className={`${shape.small} ${styles.fault}`} title={resource.check_error}>
            {" "}
            check failed
          </span>
        )}
      </span>
      {newest !== null && version ? (
        <button
          type="button"
          className={`${shape.small} ${styles.version}`}
          title={`The way of ${resource.name}\n${describeVersion(version.values)}\n${formatMoment(version.created_at)}`}
          onClick={() => acts.lightVersion(newest)}
        >
          <code>{versionText(version)}</code> <span className="quiet">{formatAge(version.created_at, now)}</span>
        </button>
      ) : (
        <span className={`${shape.small} ${styles.version}`}>{type === "environment" ? "nothing yet" : "no version yet"}</span>
      )}
    </div>
  );
});
