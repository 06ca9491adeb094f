import { useId } from "react";
import styles from "./Editor.module.css";
import type { Schema } from "./schema/shape";
import type { Assembly } from "./useAssembly";
import { resourceTypes, type Readable } from "./useKnowledge";

interface ToolbarProps {
  assembly: Assembly;
  schema: Schema;
  readable: Readable;
  /** The list stands in place of the picture. */
  asList: boolean;
  /** Absent where there is no room for the picture. */
  onList?: ((asList: boolean) => void) | undefined;
}

/** What can be added, and what the picture waits for. */
export function Toolbar({ assembly, schema, readable, asList, onList }: ToolbarProps) {
  const id = useId();
  const { leading } = assembly.acts;
  return (
    <div className={styles.toolbar}>
      <div className={styles.adds}>
        <button type="button" onClick={() => assembly.addJob("job")}>
          Add a job
        </button>
        <button type="button" onClick={() => assembly.addJob("gate")}>
          Add a gate
        </button>
        <label htmlFor={id} className="visually-hidden">
          Add a resource
        </label>
        <select id={id} value="" onChange={(event) => event.target.value !== "" && assembly.addResource(event.target.value)}>
          <option value="">Add a resource…</option>
          {resourceTypes(schema).map((type) => (
            <option key={type} value={type}>
              {type}
            </option>
          ))}
        </select>
        <button type="button" aria-pressed={assembly.chosen === "pipeline"} onClick={() => assembly.choose(assembly.chosen === "pipeline" ? null : "pipeline")}>
          The pipeline…
        </button>
        {onList !== undefined && (
          <button type="button" onClick={() => onList(!asList)}>
            {asList ? "As a picture" : "As a list"}
          </button>
        )}
      </div>
      <p role="status" className="quiet">
        {hint(leading?.name ?? null, readable, asList)}
        {leading !== null && (
          <button type="button" className={styles.leave} onClick={() => assembly.acts.lead(null)}>
            Leave it
          </button>
        )}
      </p>
    </div>
  );
}

function hint(leading: string | null, { current, sketch }: Readable, asList: boolean): string {
  if (!current) return "The text cannot be read right now; this is what it said last.";
  if (leading !== null) return `From ${leading}: press the station that it leads to, or Escape. `;
  if (sketch.stations.length === 0) return "Nothing stands here yet. Add a job, or write one into the text.";
  return asList ? "Press a station to change it." : "Drag from a right edge to a station to connect them, or press C on one and Enter on the other.";
}
