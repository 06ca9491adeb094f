import { useQuery } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import { listPipelines } from "../api/client";
import { keys } from "../live/changes";
import styles from "./MonitorPage.module.css";
import { dateText, DAYS, dayWords, USUAL_DAYS, type Time } from "./time";

const DAY = 86_400_000;

interface MonitorFiltersProps {
  workspace: string;
  time: Time;
  pipeline: string;
  project: string;
  change: (parts: Record<string, string | null>) => void;
}

/** Which time, and whose runs. All of it stands in the address. */
export function MonitorFilters({ workspace, time, pipeline, project, change }: MonitorFiltersProps) {
  const pipelines = useQuery({
    queryKey: keys.pipelines(workspace),
    queryFn: async ({ signal }) => (await listPipelines({ workspace }, signal)).items,
  });
  const names = (pipelines.data ?? []).map(({ name }) => name);
  const projects = [...new Set((pipelines.data ?? []).flatMap((each) => (each.project === null ? [] : [each.project])))].toSorted();
  const setTime = (value: string) => {
    if (value !== "between") return change({ days: value === String(USUAL_DAYS) ? null : value, from: null, until: null });
    const now = Date.now();
    return change({ days: null, from: dateText(now - 6 * DAY), until: dateText(now) });
  };
  return (
    <div className={styles.filters} role="group" aria-label="Filters">
      <Field title="Time">
        {(id) => (
          <select id={id} value={time.kind === "last" ? String(time.days) : "between"} onChange={(event) => setTime(event.target.value)}>
            {DAYS.map((days) => (
              <option key={days} value={days}>
                {dayWords(days)}
              </option>
            ))}
            <option value="between">Between two dates</option>
          </select>
        )}
      </Field>
      {time.kind === "between" && (
        <>
          <Field title="From">
            {(id) => (
              <input id={id} type="date" value={time.from} max={time.until} onChange={({ target }) => target.value && change({ from: target.value })} />
            )}
          </Field>
          <Field title="Until, included">
            {(id) => (
              <input id={id} type="date" value={time.until} min={time.from} onChange={({ target }) => target.value && change({ until: target.value })} />
            )}
          </Field>
        </>
      )}
      <Field title="Pipeline">{(id) => <Choice id={id} known={names} value={pipeline} onChange={(value) => change({ pipeline: value })} />}</Field>
      {(projects.length > 0 || project !== "") && (
        <Field title="Project">{(id) => <Choice id={id} known={projects} value={project} onChange={(value) => change({ project: value })} />}</Field>
      )}
    </div>
  );
}

function Field({ title, children }: { title: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={styles.filter}>
      <label htmlFor={id}>{title}</label>
      {children(id)}
    </div>
  );
}

/** A chosen name stays in its list even where nothing has it any more. */
function Choice({ id, known, value, onChange }: { id: string; known: readonly string[]; value: string; onChange: (value: string) => void }) {
  const all = value === "" || known.includes(value) ? known : [...known, value];
  return (
    <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">Any</option>
      {all.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
