import { useId, useState, type ReactNode } from "react";
import type { AuditEntry } from "../api/types";
import styles from "./AuditPage.module.css";
import { isNarrowed, type FilterName, type Question } from "./question";

interface AuditFiltersProps {
  question: Question;
  /** Those on screen: what they name is offered. */
  entries: readonly AuditEntry[];
  setPart: (part: FilterName, value: string) => void;
  clear: () => void;
  children: ReactNode;
}

/** Which entries are listed. */
export function AuditFilters({ question, entries, setPart, clear, children }: AuditFiltersProps) {
  const known = (name: "actor" | "action" | "object") => [...new Set(entries.map((entry) => entry[name]))].toSorted();
  return (
    <div className={styles.filters} role="group" aria-label="Filters">
      <Text key={`actor ${question.actor}`} title="Who" name="actor" question={question} known={known("actor")} setPart={setPart} />
      <Text key={`action ${question.action}`} title="Did" name="action" question={question} known={known("action")} setPart={setPart} />
      <Text key={`object ${question.object}`} title="To what" name="object" question={question} known={known("object")} setPart={setPart} />
      <Day title="From" name="from" question={question} setPart={setPart} />
      <Day title="Until" name="to" question={question} setPart={setPart} />
      {isNarrowed(question) && (
        <button type="button" onClick={clear}>
          Clear filters
        </button>
      )}
      {children}
    </div>
  );
}

interface FilterProps extends Pick<AuditFiltersProps, "question" | "setPart"> {
  title: string;
  name: FilterName;
}

/** A text is asked for once it has been typed. */
function Text({ title, name, question, known, setPart }: FilterProps & { known: readonly string[] }) {
  const id = useId();
  const [typed, setTyped] = useState(question[name]);
  return (
    <form
      className={styles.filter}
      onSubmit={(event) => {
        event.preventDefault();
        setPart(name, typed.trim());
      }}
    >
      <label htmlFor={id}>{title}</label>
      <input
        id={id}
        type="search"
        list={`${id}-known`}
        placeholder="Any"
        value={typed}
        maxLength={300}
        onChange={(event) => {
          setTyped(event.target.value);
          // A choice from the list, and an emptied field, need no Enter.
          if (event.target.value === "" || known.includes(event.target.value)) setPart(name, event.target.value);
        }}
      />
      <datalist id={`${id}-known`}>
        {known.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </form>
  );
}

function Day({ title, name, question, setPart }: FilterProps) {
  const id = useId();
  return (
    <div className={styles.filter}>
      <label htmlFor={id}>{title}</label>
      <input id={id} type="date" value={question[name]} onChange={(event) => setPart(name, event.target.value)} />
    </div>
  );
}
