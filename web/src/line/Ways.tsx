import { ViewportPortal } from "@xyflow/react";
import { memo } from "react";
import type { Way } from "./drawing";
import { useDim } from "./focus";
import type { Layout } from "./layout";
import styles from "./Ways.module.css";

/**
 * All ways in one drawing below the stations: React Flow's own edges each listen to every movement of the picture, which a
 * line of five hundred jobs feels.
 */
export const Ways = memo(function Ways({ ways, layout, lit }: { ways: readonly Way[]; layout: Layout; lit: ReadonlySet<string> }) {
  return (
    <ViewportPortal>
      <svg className={styles.ways} width={layout.width} height={layout.height} aria-hidden="true">
        <defs>
          {["plain", "failed"].map((name) => (
            <marker key={name} id={`way-end-${name}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0 8 4 0 8z" className={name === "failed" ? styles.headFailed : styles.head} />
            </marker>
          ))}
        </defs>
        {layout.lanes.map(({ name, top, height }) => (
          <g key={name}>
            <rect className={styles.lane} x="0" y={top} width={layout.width} height={height} rx="6" />
            <text className={styles.laneName} x="12" y={top + 18}>
              {name}
            </text>
          </g>
        ))}
        {ways.map((way) => (
          <OneWay key={way.id} way={way} path={layout.paths[way.id] ?? ""} lit={lit.has(way.id)} />
        ))}
      </svg>
    </ViewportPortal>
  );
});

const OneWay = memo(function OneWay({ way, path, lit }: { way: Way; path: string; lit: boolean }) {
  const dim = useDim(way.id);
  const head = way.kind === "after-failed" ? "url(#way-end-failed)" : "url(#way-end-plain)";
  return (
    <>
      <path className={styles.way} data-kind={way.kind} data-dim={dim} d={path} markerEnd={head} />
      {lit && <path className={styles.lit} d={path} pathLength={100} />}
    </>
  );
});
