import { lazy, Suspense, useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { DiagnosticList } from "../pipelines/DiagnosticList";
import { Failure, Loading } from "../screens/Answer";
import { StationActsContext } from "./canvas/stationActs";
import { StationList } from "./canvas/StationList";
import { suggestAt, type Knowledge } from "./complete/suggest";
import { faultsByStation, linesOfStations } from "./document/lines";
import { endId, type End } from "./document/sketch";
import styles from "./Editor.module.css";
import { EditorHead } from "./EditorHead";
import { FieldEditsContext } from "./panel/edits";
import { PipelinePanel, StationPanel } from "./panel/Properties";
import { dropDraft, type Base } from "./save/drafts";
import { LeaveDialog } from "./save/LeaveDialog";
import { SaveDialog } from "./save/SaveDialog";
import { StaleDialog } from "./save/StaleDialog";
import { useWork, type Work } from "./save/useWork";
import type { TextEditor } from "./text/codeMirror";
import { TextPane } from "./text/TextPane";
import { useFindings, type Findings } from "./text/useFindings";
import { Toolbar } from "./Toolbar";
import { useAssembly, type Assembly } from "./useAssembly";
import { useLanguage, useReadable, type Readable } from "./useKnowledge";
import { useNarrow } from "./useNarrow";

// A phone shows the list instead, and never asks for the picture.
const Canvas = lazy(async () => ({ default: (await import("./canvas/Canvas")).Canvas }));

interface EditorProps {
  workspace: string;
  pipeline: string;
  begin: { text: string; base: Base };
  /** When the draft was kept that this began with; absent where it did not. */
  draftOf: number | null;
  /** The revision in force; 0 where there is none. */
  newest: number;
  syncedFrom: string | null;
  /** Lets go of the draft and begins anew. */
  onDiscard: () => void;
}

type Asked = "save" | "stale" | "refused" | null;

export function Editor({ workspace, pipeline, begin, draftOf, newest, syncedFrom, onDiscard }: EditorProps) {
  const work = useWork(workspace, pipeline, begin);
  const findings = useFindings(workspace, work.text);
  const readable = useReadable(work.text);
  const language = useLanguage(workspace);
  const assembly = useAssembly(work);
  const mayEdit = useMay(workspace, "editor");
  const text = useRef<TextEditor | null>(null);
  const [asked, setAsked] = useState<Asked>(null);
  const stale = newest > work.base.revision;
  const letGo = (): void => {
    dropDraft(localStorage, workspace, pipeline);
    work.rebase(work.base, work.base.text);
  };
  return (
    <>
      <EditorHead
        workspace={workspace}
        pipeline={pipeline}
        work={work}
        mayEdit={mayEdit}
        onSave={() => setAsked("save")}
        onUndo={() => text.current?.undo()}
        onRedo={() => text.current?.redo()}
      />
      <Notes work={work} draftOf={draftOf} newest={newest} stale={stale} onDiscard={onDiscard} onStale={() => setAsked("stale")} />
      <Bench work={work} findings={findings} readable={readable} language={language} assembly={assembly} text={text} />
      <LeaveDialog dirty={work.dirty} kept={work.kept} onDiscard={letGo} />
      {asked === "save" && (
        <SaveDialog
          workspace={workspace}
          pipeline={pipeline}
          work={work}
          syncedFrom={syncedFrom}
          onClose={() => setAsked(null)}
          onSaved={() => setAsked(null)}
          onStale={() => setAsked("refused")}
        />
      )}
      {(asked === "stale" || asked === "refused") && <StaleDialog workspace={workspace} pipeline={pipeline} work={work} refused={asked === "refused"} onClose={() => setAsked(null)} />}
    </>
  );
}

interface NotesProps {
  work: Work;
  draftOf: number | null;
  newest: number;
  stale: boolean;
  onDiscard: () => void;
  onStale: () => void;
}

/** What one should know before going on. */
function Notes({ work, draftOf, newest, stale, onDiscard, onStale }: NotesProps) {
  return (
    <>
      {draftOf !== null && work.dirty && (
        <div className={styles.note} role="status">
          <span>
            These are your unsaved changes, kept in this browser <Moment at={draftOf} />.
          </span>
          <button type="button" onClick={onDiscard}>
            Discard them
          </button>
        </div>
      )}
      {stale && (
        <div className={styles.note} role="status">
          <span>
            {work.base.revision === 0 ? "There is a pipeline of this name by now" : `Revision ${newest} is in force by now; your text is based on revision ${work.base.revision}`}.
          </span>
          <button type="button" onClick={onStale}>
            See what changed
          </button>
        </div>
      )}
      {!work.kept && work.dirty && <div className={styles.note}>This browser does not keep your changes. Save or export them before you leave.</div>}
      {work.refusal !== null && (
        <div className={styles.note} role="alert" data-refusal="true">
          <span>{work.refusal}</span>
          <button type="button" onClick={work.forgetRefusal}>
            Close
          </button>
        </div>
      )}
    </>
  );
}

interface BenchProps {
  work: Work;
  findings: Findings;
  readable: Readable;
  language: Omit<Knowledge, "values">;
  assembly: Assembly;
  text: RefObject<TextEditor | null>;
}

/** The picture, the panel and the text, side by side. */
function Bench({ work, findings, readable, language, assembly, text }: BenchProps) {
  const narrow = useNarrow();
  const [view, setView] = useState<"stations" | "text">("stations");
  const [wanted, setWanted] = useState(false);
  const asList = narrow || wanted;
  const { chosen } = assembly;
  const station: End | null = chosen === "pipeline" ? null : chosen;
  const places = useMemo(() => linesOfStations(work.text), [work.text]);
  const faults = useMemo(() => faultsByStation(places, findings.items.filter(({ severity }) => severity === "error").map(({ line }) => line)), [places, findings.items]);
  const line = station === null ? undefined : places.get(endId(station))?.first;
  const shown = useRef<string | null>(null);
  useEffect(() => {
    // The text follows the choice, and then leaves the cursor to whoever writes.
    const id = station === null ? null : endId(station);
    if (id !== shown.current && line !== undefined) text.current?.goTo(line, false);
    shown.current = id;
  }, [station, line, text]);
  return (
    <>
      {narrow && (
        <div className={styles.views} role="group" aria-label="What is shown">
          {(["stations", "text"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={view === each} onClick={() => setView(each)}>
              {each === "stations" ? "Stations" : "Text"}
            </button>
          ))}
        </div>
      )}
      <div className={styles.bench} data-view={narrow ? view : "both"}>
        <StationActsContext value={assembly.acts}>
          <section className={styles.line} aria-label="The line">
            <Toolbar assembly={assembly} schema={language.schema} readable={readable} asList={asList} onList={narrow ? undefined : setWanted} />
            {asList ? (
              <StationList sketch={readable.sketch} chosen={station} />
            ) : (
              <Suspense fallback={<Loading />}>
                <Canvas sketch={readable.sketch} chosen={station} leading={assembly.acts.leading} faults={faults} acts={assembly.acts} />
              </Suspense>
            )}
          </section>
        </StationActsContext>
        <Panel assembly={assembly} readable={readable} language={language} />
        <section className={styles.text} aria-label="The text">
          <TextPane
            made={work.made}
            onText={work.typed}
            findings={findings.items}
            suggest={(whole, at) => suggestAt(whole, at, { ...language, values: readable.values })}
            onEditor={(editor) => {
              text.current = editor;
            }}
          />
          <Found findings={findings} onLine={(at) => text.current?.goTo(at, true)} />
        </section>
      </div>
    </>
  );
}

function Panel({ assembly, readable, language }: Pick<BenchProps, "assembly" | "readable" | "language">) {
  const { chosen, choose, edits, fields, fresh } = assembly;
  const { sketch, values } = readable;
  const context = useMemo(() => {
    const names = {
      jobs: sketch.stations.filter(({ kind }) => kind === "job").map(({ name }) => name),
      resources: sketch.stations.filter(({ kind }) => kind === "resource").map(({ name }) => name),
      modules: language.modules.map(({ uses }) => uses),
    };
    return { root: language.schema, names, ...fields };
  }, [sketch, language, fields]);
  if (chosen === null) return null;
  const known = chosen === "pipeline" || sketch.stations.some((station) => !station.foreign && endId(station) === endId(chosen));
  if (!known) return null;
  return (
    <FieldEditsContext value={context}>
      {chosen === "pipeline" ? (
        <PipelinePanel values={values} onClose={() => choose(null)} />
      ) : (
        <StationPanel key={endId(chosen)} end={chosen} sketch={sketch} values={values} edits={edits} fresh={fresh} onClose={() => choose(null)} />
      )}
    </FieldEditsContext>
  );
}

function Found({ findings, onLine }: { findings: Findings; onLine: (line: number) => void }) {
  const { items, current, error } = findings;
  const errors = items.filter(({ severity }) => severity === "error").length;
  const words = errors === 0 ? "The server finds no errors" : `The server finds ${errors} ${errors === 1 ? "error" : "errors"}`;
  return (
    <div className={styles.found}>
      {error !== null && <Failure error={error} />}
      <p role="status" data-checked={current} className={current ? undefined : "quiet"}>
        {current ? words : "Checking…"}
      </p>
      <DiagnosticList findings={items} onLine={onLine} />
    </div>
  );
}
