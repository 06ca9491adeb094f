import { useContext, useId, useState, type ReactNode } from "react";
import type { Path } from "../document/tree";
import { FieldEditsContext, type FieldEdits } from "./edits";
import styles from "./Field.module.css";
import { textOfValue, valueOfText } from "./fields";

interface PlainProps {
  path: Path;
  value: unknown;
  label: string;
  description?: string | undefined;
}

function Labelled({ id, label, description, children }: { id: string; label: string; description: string | undefined; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children}
      {description && (
        <p id={`${id}-about`} className={styles.description}>
          {description}
        </p>
      )}
    </div>
  );
}

const about = (id: string, description: string | undefined): string | undefined => (description ? `${id}-about` : undefined);

export function ChoiceField({ path, value, label, description, values }: PlainProps & { values: readonly unknown[] }) {
  const id = useId();
  const { set, remove } = useContext(FieldEditsContext);
  const known = value === undefined || values.includes(value);
  return (
    <Labelled id={id} label={label} description={description}>
      <select
        id={id}
        aria-describedby={about(id, description)}
        value={value === undefined ? "" : String(value)}
        onChange={(event) => (event.target.value === "" ? remove(path) : set(path, values.find((each) => String(each) === event.target.value)))}
      >
        <option value="">not set</option>
        {!known && <option value={String(value)}>{String(value)}</option>}
        {values.map((each) => (
          <option key={String(each)} value={String(each)}>
            {String(each)}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** What is typed stands in the field alone until one leaves it or presses Enter: half a word is no edit. */
function useTyped(value: unknown, commit: (typed: string) => void) {
  const shown = textOfValue(value);
  const [typed, setTyped] = useState<{ text: string; over: string } | null>(null);
  // An edit from elsewhere stands above what was typed over the old value.
  const text = typed !== null && typed.over === shown ? typed.text : shown;
  return {
    text,
    type: (next: string) => setTyped({ text: next, over: shown }),
    leave: () => {
      setTyped(null);
      if (text !== shown) commit(text);
    },
    forget: () => setTyped(null),
  };
}

export function NumberField({ path, value, label, description, minimum, maximum }: PlainProps & { minimum: number | null; maximum: number | null }) {
  const id = useId();
  const { set, remove } = useContext(FieldEditsContext);
  const field = useTyped(value, (typed) => (typed === "" ? remove(path) : set(path, Number(typed))));
  return (
    <Labelled id={id} label={label} description={description}>
      <input
        id={id}
        type="number"
        min={minimum ?? undefined}
        max={maximum ?? undefined}
        aria-describedby={about(id, description)}
        value={field.text}
        onChange={(event) => field.type(event.target.value)}
        onBlur={field.leave}
        onKeyDown={(event) => event.key === "Enter" && field.leave()}
      />
    </Labelled>
  );
}

export function TextField({ path, value, label, description, lines, names }: PlainProps & { lines: boolean; names: keyof FieldEdits["names"] | null }) {
  const id = useId();
  const { set, remove, names: known } = useContext(FieldEditsContext);
  const field = useTyped(value, (typed) => (typed.trim() === "" ? remove(path) : set(path, valueOfText(typed, value))));
  const shared = {
    id,
    value: field.text,
    "aria-describedby": about(id, description),
    onBlur: field.leave,
    autoComplete: "off",
    spellCheck: false,
  };
  return (
    <Labelled id={id} label={label} description={description}>
      {lines ? (
        <textarea {...shared} className={styles.script} rows={Math.min(12, field.text.split("\n").length + 1)} onChange={(event) => field.type(event.target.value)} />
      ) : (
        <input {...shared} list={names === null ? undefined : `${id}-names`} onChange={(event) => field.type(event.target.value)} onKeyDown={(event) => event.key === "Enter" && field.leave()} />
      )}
      {names !== null && (
        <datalist id={`${id}-names`}>
          {known[names].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </Labelled>
  );
}
