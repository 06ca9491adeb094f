import { useContext, useEffect, useId, useRef, useState, type FormEvent } from "react";
import { NAME, pathOf, wayBetween } from "../document/assembly";
import { endId, type End, type Sketch } from "../document/sketch";
import { isRecord } from "../document/tree";
import { propertiesOf, schemasAt } from "../schema/shape";
import { FieldEditsContext } from "./edits";
import { RecordFields } from "./Field";
import styles from "./Properties.module.css";

export interface StationEdits {
  rename: (end: End, name: string) => void;
  remove: (end: End) => void;
  connect: (from: End, to: End) => void;
  disconnect: (from: End, to: End) => void;
}

interface StationPanelProps {
  end: End;
  sketch: Sketch;
  values: Record<string, unknown>;
  edits: StationEdits;
  /** It was added just now. */
  fresh: boolean;
  onClose: () => void;
}

/** What a station is, in fields made from the schema, and its ways. */
export function StationPanel({ end, sketch, values, edits, fresh, onClose }: StationPanelProps) {
  const { root } = useContext(FieldEditsContext);
  const path = pathOf(end);
  const room = values[String(path[0])];
  const part = isRecord(room) ? room[end.name] : undefined;
  const properties = schemasAt(root, path, values).flatMap(propertiesOf);
  const unique = [...new Map(properties.map((property) => [property.name, property])).values()];
  const what = end.kind === "job" ? "Job" : "Resource";
  return (
    <aside className={styles.panel} aria-label={`${what} ${end.name}`}>
      <header className={styles.head}>
        <h2>
          {what} {end.name}
        </h2>
        <button type="button" aria-label="Close the panel" onClick={onClose}>
          ×
        </button>
      </header>
      <NameField end={end} rename={edits.rename} focus={fresh} />
      <WaysOf end={end} sketch={sketch} edits={edits} />
      <RecordFields of={end.name} properties={unique} path={path} value={part} apart={["was"]} />
      <button type="button" className={styles.remove} onClick={() => edits.remove(end)}>
        Remove {end.name}
      </button>
    </aside>
  );
}

/** What the pipeline itself is: everything that is no station. */
export function PipelinePanel({ values, onClose }: { values: Record<string, unknown>; onClose: () => void }) {
  const { root } = useContext(FieldEditsContext);
  const properties = schemasAt(root, [], values).flatMap(propertiesOf);
  return (
    <aside className={styles.panel} aria-label="The pipeline">
      <header className={styles.head}>
        <h2>The pipeline</h2>
        <button type="button" aria-label="Close the panel" onClick={onClose}>
          ×
        </button>
      </header>
      <RecordFields of="the pipeline" properties={properties} path={[]} value={values} apart={["pipeline", "jobs", "resources"]} />
    </aside>
  );
}

function NameField({ end, rename, focus }: { end: End; rename: StationEdits["rename"]; focus: boolean }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus) field.current?.select();
  }, [focus]);
  const [name, setName] = useState(end.name);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    rename(end, name);
  };
  return (
    <form className={styles.name} onSubmit={submit}>
      <label htmlFor={id}>Name</label>
      <input ref={field} id={id} value={name} autoComplete="off" spellCheck={false} maxLength={100} onChange={(event) => setName(event.target.value)} />
      <button type="submit" disabled={name === end.name || !NAME.test(name)} title={NAME.test(name) ? undefined : "A small letter first, then small letters, digits and hyphens"}>
        Rename
      </button>
    </form>
  );
}

function WaysOf({ end, sketch, edits }: { end: End; sketch: Sketch; edits: StationEdits }) {
  const id = useId();
  const is = (other: End): boolean => endId(other) === endId(end);
  const into = sketch.ways.filter(({ to }) => is(to)).map(({ from }) => from);
  const out = sketch.ways.filter(({ from }) => is(from)).map(({ to }) => to);
  const led = new Set(out.map(endId));
  const targets = sketch.stations.filter((station) => !station.foreign && !led.has(endId(station)) && typeof wayBetween(end, station) !== "string");
  return (
    <section className={styles.ways} aria-label="Ways">
      {[
        { words: "From", ends: into, cut: (other: End) => edits.disconnect(other, end) },
        { words: "To", ends: out, cut: (other: End) => edits.disconnect(end, other) },
      ].map(({ words, ends, cut }) => (
        <div key={words} className={styles.way}>
          <span className="quiet">{words}</span>
          {ends.length === 0 && <span className="quiet">nothing</span>}
          {ends.map((other) => (
            <span key={endId(other)} className={styles.end}>
              {other.name}
              <button type="button" aria-label={words === "From" ? `Cut the way from ${other.name}` : `Cut the way to ${other.name}`} onClick={() => cut(other)}>
                ×
              </button>
            </span>
          ))}
        </div>
      ))}
      <label htmlFor={id}>Lead a way to</label>
      <select
        id={id}
        value=""
        onChange={(event) => {
          const target = targets.find((station) => endId(station) === event.target.value);
          if (target !== undefined) edits.connect(end, target);
        }}
      >
        <option value="">Choose…</option>
        {targets.map((station) => (
          <option key={endId(station)} value={endId(station)}>
            {station.kind === "resource" ? `${station.name} (resource)` : station.name}
          </option>
        ))}
      </select>
    </section>
  );
}
