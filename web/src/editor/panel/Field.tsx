import { useContext, useId, useState, type ReactNode } from "react";
import { isRecord, type Path } from "../document/tree";
import type { Property, Schema } from "../schema/shape";
import { FieldEditsContext } from "./edits";
import styles from "./Field.module.css";
import { fieldOf, namesFor, optionKeyOf } from "./fields";
import { ChoiceField, NumberField, TextField } from "./PlainFields";

export interface FieldProps {
  schema: Schema;
  path: Path;
  value: unknown;
  /** The word above the field. */
  label: string;
  /** What it means; absent for items of a list. */
  description?: string;
  /** Beside it stands the button that removes it from its list. */
  item?: true;
}

/** One place of the file, as the schema describes it. */
export function Field(props: FieldProps) {
  const { schema, path, value, label, item = false } = props;
  const { root } = useContext(FieldEditsContext);
  const field = fieldOf(root, schema, label, value);
  switch (field.kind) {
    case "choice":
      return <ChoiceField {...props} values={field.values} />;
    case "number":
      return <NumberField {...props} minimum={field.minimum} maximum={field.maximum} />;
    case "text":
      return <TextField {...props} lines={field.lines} names={namesFor(path)} />;
    case "list":
      return <ListField {...props} items={field.items} />;
    case "record":
      return (
        <Group label={label} description={props.description} path={path} removable={value !== undefined && !item}>
          <RecordFields of={label} properties={field.properties} path={path} value={value} />
        </Group>
      );
    default:
      return <MapField {...props} entries={field.entries} known={field.known} />;
  }
}

interface GroupProps {
  label: string;
  description: string | undefined;
  path: Path;
  removable: boolean;
  children: ReactNode;
}

/** Several fields under one word. */
function Group({ label, description, path, removable, children }: GroupProps) {
  const { remove } = useContext(FieldEditsContext);
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {description && <p className={styles.description}>{description}</p>}
      {children}
      {removable && (
        <button type="button" className={styles.remove} onClick={() => remove(path)}>
          Remove {label}
        </button>
      )}
    </fieldset>
  );
}

interface RecordFieldsProps {
  /** What they are of, in a word. */
  of: string;
  properties: readonly Property[];
  path: Path;
  value: unknown;
  /** Keys that are shown elsewhere. */
  apart?: readonly string[];
}

/** The keys that are set or required, and a way to the others. */
export function RecordFields({ of, properties, path, value, apart = [] }: RecordFieldsProps) {
  const id = useId();
  const [opened, setOpened] = useState<readonly string[]>([]);
  const held = isRecord(value) ? value : {};
  const own = properties.filter(({ name }) => !apart.includes(name));
  const shown = own.filter(({ name, required }) => required || held[name] !== undefined || opened.includes(name));
  const others = own.filter((property) => !shown.includes(property));
  return (
    <>
      {shown.map(({ name, schema, description }) => (
        <Field key={name} schema={schema} path={[...path, name]} value={held[name]} label={name} description={description} />
      ))}
      {others.length > 0 && (
        <div className={styles.more}>
          <label htmlFor={id}>Add a property to {of}</label>
          <select id={id} value="" onChange={(event) => setOpened([...opened, event.target.value])}>
            <option value="">Choose…</option>
            {others.map(({ name, description }) => (
              <option key={name} value={name} title={description}>
                {name}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}

function ListField({ path, value, label, description, items }: FieldProps & { items: Schema }) {
  const { remove } = useContext(FieldEditsContext);
  const [adding, setAdding] = useState(false);
  const held: unknown[] = Array.isArray(value) ? value : [];
  // The item that is being added is no longer one once the text has it.
  const [counted, setCounted] = useState(held.length);
  if (counted !== held.length) {
    setCounted(held.length);
    setAdding(false);
  }
  const shown = adding ? [...held, undefined] : held;
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {description && <p className={styles.description}>{description}</p>}
      <ol className={styles.items}>
        {shown.map((item, at) => (
          // oxlint-disable-next-line no-array-index-key -- an item is known by its position alone
          <li key={at} className={styles.item}>
            <Field schema={items} path={[...path, at]} value={item} label={`${label} ${at + 1}`} item />
            <span className={styles.itemActs}>
              <Options schema={items} path={[...path, at]} value={item} label={`${label} ${at + 1}`} />
              <button type="button" aria-label={`Remove ${label} ${at + 1}`} onClick={() => (at < held.length ? remove([...path, at]) : setAdding(false))}>
                ×
              </button>
            </span>
          </li>
        ))}
      </ol>
      {!adding && (
        <button type="button" onClick={() => setAdding(true)}>
          Add to {label}
        </button>
      )}
    </fieldset>
  );
}

/** Makes a plain item one with options. */
function Options({ schema, path, value, label }: FieldProps) {
  const { root, set } = useContext(FieldEditsContext);
  const key = optionKeyOf(root, schema);
  if (key === null || value === undefined || isRecord(value)) return null;
  return (
    <button type="button" aria-label={`Options of ${label}`} onClick={() => set(path, { [key]: value })}>
      Options
    </button>
  );
}

function MapField({ path, value, label, description, entries, known }: FieldProps & { entries: Schema; known: Record<string, Schema> }) {
  const { remove } = useContext(FieldEditsContext);
  const id = useId();
  const [opened, setOpened] = useState<readonly string[]>([]);
  const [name, setName] = useState("");
  const held = isRecord(value) ? value : {};
  const shown = [...new Set([...Object.keys(held), ...opened])];
  const add = (): void => {
    if (name.trim() !== "") setOpened([...opened, name.trim()]);
    setName("");
  };
  return (
    <fieldset className={styles.group}>
      <legend>{label}</legend>
      {description && <p className={styles.description}>{description}</p>}
      {shown.map((key) => (
        <div key={key} className={styles.item}>
          <Field schema={known[key] ?? entries} path={[...path, key]} value={held[key]} label={key} item />
          <span className={styles.itemActs}>
            <button
              type="button"
              aria-label={`Remove ${key}`}
              onClick={() => {
                setOpened(opened.filter((each) => each !== key));
                if (key in held) remove([...path, key]);
              }}
            >
              ×
            </button>
          </span>
        </div>
      ))}
      <div className={styles.more}>
        <label htmlFor={id}>New key in {label}</label>
        <span className={styles.newKey}>
          <input
            id={id}
            value={name}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <button type="button" disabled={name.trim() === ""} onClick={add}>
            Add
          </button>
        </span>
      </div>
    </fieldset>
  );
}
