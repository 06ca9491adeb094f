import { useContext } from "react";
import { endId, type End, type Sketch } from "../document/sketch";
import { pressStation, StationActsContext } from "./stationActs";
import styles from "./StationList.module.css";

/** The same line as a list: for phones, and for whoever would rather read. */
export function StationList({ sketch, chosen }: { sketch: Sketch; chosen: End | null }) {
  const acts = useContext(StationActsContext);
  const before = (end: End): string => sketch.ways.filter(({ to }) => endId(to) === endId(end)).map(({ from }) => from.name).join(", ");
  return (
    <ul className={styles.list} aria-label="Stations">
      {sketch.stations
        .filter(({ foreign }) => !foreign)
        .map((station) => (
          <li key={endId(station)}>
            <button
              type="button"
              className={styles.station}
              data-station={endId(station)}
              aria-pressed={chosen !== null && endId(chosen) === endId(station)}
              onClick={() => pressStation(station, acts)}
            >
              <strong>{station.name}</strong>
              <span className="quiet">
                {station.kind === "job" ? station.words : `resource, ${station.words}`}
                {before(station) !== "" && `; from ${before(station)}`}
              </span>
            </button>
          </li>
        ))}
    </ul>
  );
}
