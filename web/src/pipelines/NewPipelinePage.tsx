import { useQuery } from "@tanstack/react-query";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { getLibrary, getPipeline, listPipelines } from "../api/client";
import { keys } from "../live/changes";
import { withPipelineName } from "../runs/pipelineText";
import { Failure } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import type { Beginning } from "./beginning";
import styles from "./NewPipelinePage.module.css";

type Source = "empty" | "library" | "pipeline" | "file";

const WORDS: Record<Source, string> = {
  empty: "From nothing",
  library: "From the library",
  pipeline: "From another pipeline",
  file: "From a file",
};

/** More is no pipeline; the server takes a little more. */
const LARGEST_FILE = 1_000_000;

/** A name and something to begin from; the editor takes it from there. Nothing is set before it is saved. */
export function NewPipelinePage() {
  useTitle("New pipeline");
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const id = useId();
  const [name, setName] = useState("");
  const [source, setSource] = useState<Source>("empty");
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [error, setError] = useState<Error | null>(null);
  const pipelines = useQuery({ queryKey: keys.pipelines(workspace), queryFn: async ({ signal }) => (await listPipelines({ workspace }, signal)).items });
  const taken = pipelines.data?.some((pipeline) => pipeline.name === name) ?? false;
  const ready = source === "empty" || chosen[source] !== undefined;

  async function begin(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      const from = chosen[source] ?? "";
      const text = source === "empty" ? `pipeline: ${name}\n` : source === "pipeline" ? (await getPipeline({ workspace, pipeline: from })).text : from;
      await navigate(`/w/${workspace}/pipelines/${encodeURIComponent(name)}/edit`, { state: { begin: withPipelineName(text, name), on: 0 } satisfies Beginning });
    } catch (refused) {
      setError(refused instanceof Error ? refused : new Error(String(refused)));
    }
  }

  return (
    <>
      <h1>New pipeline</h1>
      <form className={styles.form} onSubmit={(event) => void begin(event)}>
        <div className={styles.name}>
          <label htmlFor={id}>Name</label>
          <input id={id} value={name} required pattern="[a-z0-9][a-z0-9\-]*" maxLength={100} autoComplete="off" spellCheck={false} aria-describedby={`${id}-about`} onChange={(event) => setName(event.target.value)} />
          <p id={`${id}-about`} className={taken ? styles.fault : "quiet"}>
            {taken ? `There is a pipeline ${name} already.` : "Small letters, digits and hyphens."}
          </p>
        </div>
        <fieldset className={styles.sources}>
          <legend>Begin</legend>
          {(Object.keys(WORDS) as Source[]).map((each) => (
            <label key={each} className={styles.source}>
              <input type="radio" name="source" checked={source === each} onChange={() => setSource(each)} />
              {WORDS[each]}
            </label>
          ))}
        </fieldset>
        {source === "library" && <LibraryChoice chosen={chosen.library ?? null} onChoose={(text) => setChosen({ ...chosen, library: text })} />}
        {source === "pipeline" && (
          <Choice label="Pipeline" value={chosen.pipeline ?? ""} onChoose={(other) => setChosen({ ...chosen, pipeline: other })}>
            {(pipelines.data ?? []).map((pipeline) => (
              <option key={pipeline.id} value={pipeline.name}>
                {pipeline.name}
              </option>
            ))}
          </Choice>
        )}
        {source === "file" && <FileChoice onText={(text) => setChosen({ ...chosen, file: text })} />}
        {error && <Failure error={error} />}
        <div>
          <button type="submit" data-weight="first" disabled={!ready || taken}>
            Open in the editor
          </button>
        </div>
        <p className="quiet">Nothing runs before you save it there.</p>
      </form>
    </>
  );
}

function Choice({ label, value, onChoose, children }: { label: string; value: string; onChoose: (value: string) => void; children: ReactNode }) {
  const id = useId();
  return (
    <div className={styles.name}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} required onChange={(event) => onChoose(event.target.value)}>
        <option value="" disabled>
          Choose…
        </option>
        {children}
      </select>
    </div>
  );
}

function LibraryChoice({ chosen, onChoose }: { chosen: string | null; onChoose: (text: string) => void }) {
  const library = useQuery({ queryKey: keys.ofServer("library"), queryFn: ({ signal }) => getLibrary(signal), staleTime: Infinity });
  if (library.error) return <Failure error={library.error} retry={() => void library.refetch()} />;
  return (
    <fieldset className={styles.library}>
      <legend>What comes with the server</legend>
      {(library.data?.pipelines ?? []).map(({ name, description, text }) => (
        <label key={name} className={styles.ready}>
          <input type="radio" name="library" required checked={chosen === text} onChange={() => onChoose(text)} />
          <span>
            <strong>{name}</strong>
            {description !== null && <span className={styles.about}>{description}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function FileChoice({ onText }: { onText: (text: string) => void }) {
  const id = useId();
  const [fault, setFault] = useState<string | null>(null);
  async function read(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    if (file.size > LARGEST_FILE) {
      setFault(`${file.name} is larger than 1 MB, so it is no pipeline.`);
      return;
    }
    setFault(null);
    onText(await file.text());
  }
  return (
    <div className={styles.name}>
      <label htmlFor={id}>File</label>
      <input id={id} type="file" required accept=".yml,.yaml,application/yaml,text/plain" onChange={(event) => void read(event.target.files?.[0])} />
      {fault !== null && (
        <p role="alert" className={styles.fault}>
          {fault}
        </p>
      )}
    </div>
  );
}
