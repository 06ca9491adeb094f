import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import type { ListedRun } from "../api/calls";
import { listPipelines } from "../api/client";
import { keys } from "../live/changes";
import { causeWords } from "../screens/runList";
import { chosenWords } from "./chosenWords";
import { CAUSES, isNarrowed, type Question } from "./question";
import styles from "./RunsPage.module.css";

interface RunFiltersProps {
  workspace: string;
  question: Question;
  /** Those on screen: their authors are offered. */
  runs: readonly ListedRun[];
  setPart: (part: string, value: string | null) => void;
  clear: () => void;
}

/** Which runs are listed, and in which order. All of it stands in the address. */
export function RunFilters({ workspace, question, runs, setPart, clear }: RunFiltersProps) {
  const pipelines = useQuery({
    queryKey: keys.pipelines(workspace),
    queryFn: async ({ signal }) => (await listPipelines({ workspace }, signal)).items,
  });
  const names = (pipelines.data ?? []).map(({ name }) => name);
  const projects = [...new Set((pipelines.data ?? []).flatMap(({ project }) => (project === null ? [] : [project])))].toSorted();
  return (
    <div className={styles.filters} role="group" aria-label="Filters">
      <Choice title="Scope" value={question.everywhere ? "installation" : ""} onChange={(value) => setPart("scope", value)}>
        <option value="">This workspace</option>
        <option value="installation">All my workspaces</option>
      </Choice>
      {!question.everywhere && (
        <Choice title="Pipeline" value={question.pipeline} onChange={(value) => setPart("pipeline", value)}>
          <option value="">Any</option>
          <Options known={names} chosen={question.pipeline} />
        </Choice>
      )}
      {(projects.length > 0 || question.project !== "") && (
        <Choice title="Project" value={question.project} onChange={(value) => setPart("project", value)}>
          <option value="">Any</option>
          <Options known={projects} chosen={question.project} />
        </Choice>
      )}
      <Choice title="Cause" value={question.cause} onChange={(value) => setPart("cause", value)}>
        <option value="">Any</option>
        {CAUSES.map((cause) => (
          <option key={cause} value={cause}>
            {causeWords(cause)}
          </option>
        ))}
      </Choice>
      <Author key={question.author} author={question.author} runs={runs} setPart={setPart} />
      <Choice title="Order" value={question.oldestFirst ? "oldest" : ""} onChange={(value) => setPart("sort", value)}>
        <option value="">Newest first</option>
        <option value="oldest">Oldest first</option>
      </Choice>
      <Chosen question={question} setPart={setPart} />
      {isNarrowed(question) && (
        <button type="button" onClick={clear}>
          Clear filters
        </button>
      )}
    </div>
  );
}

/** What only a figure of the monitor leads to: each can be taken away, none can be typed. */
function Chosen({ question, setPart }: { question: Question } & Pick<RunFiltersProps, "setPart">) {
  const chosen = chosenWords(question);
  if (chosen.length === 0) return null;
  return (
    <ul className={styles.chosen} aria-label="From a figure">
      {chosen.map(({ part, words }) => (
        <li key={part}>
          <button type="button" title="Take this filter away" onClick={() => setPart(part, null)}>
            {words} <span aria-hidden="true">×</span>
            <span className="visually-hidden">, take this filter away</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A chosen name stays in its list even where nothing has it any more. */
function Options({ known, chosen }: { known: readonly string[]; chosen: string }) {
  const all = chosen === "" || known.includes(chosen) ? known : [...known, chosen];
  return all.map((name) => <option key={name}>{name}</option>);
}

interface ChoiceProps {
  title: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Choice({ title, value, onChange, children }: ChoiceProps) {
  const id = useId();
  return (
    <div className={styles.filter}>
      <label htmlFor={id}>{title}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

/** An author is asked for by the whole name, once it has been typed. */
function Author({ author, runs, setPart }: { author: string } & Pick<RunFiltersProps, "runs" | "setPart">) {
  const id = useId();
  const [typed, setTyped] = useState(author);
  const known = [...new Set(runs.flatMap((run) => (run.author === null ? [] : [run.author])))].toSorted();
  return (
    <form
      className={styles.filter}
      onSubmit={(event) => {
        event.preventDefault();
        setPart("author", typed.trim());
      }}
    >
      <label htmlFor={id}>Author</label>
      <input
        id={id}
        type="search"
        list={`${id}-known`}
        placeholder="Any"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          if (event.target.value === "" || known.includes(event.target.value)) setPart("author", event.target.value);
        }}
        onBlur={() => typed.trim() !== author && setPart("author", typed.trim())}
      />
      <datalist id={`${id}-known`}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </form>
  );
}
