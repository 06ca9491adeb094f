import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, useContext } from "react";
import shape from "../../kit/StationShape.module.css";
import { truncateMiddle } from "../../text/versions";
import { endId, type SketchStation } from "../document/sketch";
import styles from "./SketchStationNode.module.css";
import { actOfKey, pressStation, StationActsContext } from "./stationActs";

export type SketchNode = Node<{ station: SketchStation; chosen: boolean; leading: boolean; leadable: boolean; faults: number }, "station">;

/** What a reader hears of a station. */
function labelOf({ name, kind, words, foreign }: SketchStation, faults: number): string {
  const what = kind === "job" ? "Job" : "Resource";
  const wrong = faults === 0 ? "" : `, ${faults} ${faults === 1 ? "error" : "errors"}`;
  return `${what} ${name}: ${words}${foreign ? ", elsewhere" : ""}${wrong}`;
}

/** A station of the text: its left edge takes ways, its right edge gives them. */
export const SketchStationNode = memo(function SketchStationNode({ data: { station, chosen, leading, leadable, faults } }: NodeProps<SketchNode>) {
  const acts = useContext(StationActsContext);
  return (
    <>
      <Handle type="target" position={Position.Left} className={styles.handle ?? ""} aria-hidden="true" />
      <button
        type="button"
        className={`${shape.body} ${station.shape === "job" ? "" : shape[station.shape]} ${styles.station} ${styles[station.shape]}`}
        data-station={endId(station)}
        data-shape={station.shape}
        data-foreign={station.foreign}
        data-chosen={chosen}
        data-leading={leading}
        data-leadable={leadable}
        data-faulty={faults > 0}
        aria-label={labelOf(station, faults)}
        aria-pressed={chosen}
        onClick={() => pressStation(station, acts)}
        onKeyDown={(event) => {
          const act = actOfKey(event, station, acts);
          if (act === null) return;
          event.preventDefault();
          event.stopPropagation();
          act();
        }}
      >
        <span className={shape.name} title={station.name}>
          {truncateMiddle(station.name, 22)}
        </span>
        <span className={`${shape.small} ${styles.words}`}>{faults > 0 ? `${faults} ${faults === 1 ? "error" : "errors"}` : station.words}</span>
      </button>
      <Handle type="source" position={Position.Right} className={styles.handle ?? ""} aria-hidden="true" />
    </>
  );
});
