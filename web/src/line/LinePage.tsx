import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { getGraph } from "../api/client";
import type { LineGraph } from "../api/schema";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { pauseWords } from "../screens/pipelineList";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { StatusMark } from "../status/StatusMark";
import { PAUSED_LOOK } from "../status/status";
import { resourceAddress } from "./acts";
import { ancestryOf, wayOfVersion } from "./ancestry";
import { Cord } from "./Cord";
import { drawLine, jobId } from "./drawing";
import { JobPanel } from "./JobPanel";
import { LineList } from "./LineList";
import styles from "./LinePage.module.css";
import { LinePicture } from "./LinePicture";
import { versionText } from "./words";

/** What the address says: which job is open, which version is lit, and how the line is shown. */
function useView() {
  const [search, setSearch] = useSearchParams();
  const [narrow] = useState(() => window.matchMedia("(max-width: 640px)").matches);
  const set = useMemo(
    () => (name: string, value: string | null) =>
      setSearch(
        (old) => {
          const next = new URLSearchParams(old);
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return {
    job: search.get("job"),
    version: search.get("version"),
    /** The job whose ancestry alone is shown. */
    focus: search.get("focus"),
    wanted: search.get("q") ?? "",
    asList: (search.get("view") ?? (narrow ? "list" : "graph")) === "list",
    inLanes: search.get("lanes") === "1",
    set,
  };
}

type View = ReturnType<typeof useView>;

export function LinePage() {
  const workspace = useWorkspace();
  const { pipeline = "" } = useParams();
  useTitle(pipeline);
  const graph = useQuery({ queryKey: keys.graph(workspace, pipeline), queryFn: ({ signal }) => getGraph({ workspace, pipeline }, {}, signal) });
  if (graph.data) return <LineView graph={graph.data} workspace={workspace} failure={graph.error} />;
  return (
    <div className={styles.alone}>
      <h1>{pipeline}</h1>
      {graph.error ? <Failure error={graph.error} retry={() => void graph.refetch()} /> : <Loading />}
    </div>
  );
}

function LineView({ graph, workspace, failure }: { graph: LineGraph; workspace: string; failure: Error | null }) {
  const view = useView();
  const { set } = view;
  const acts = useMemo(
    () => ({
      openJob: (job: string) => set("job", job),
      lightVersion: (version: string) => set("version", version),
      addressOf: (resource: string) => resourceAddress(workspace, graph.pipeline, resource),
    }),
    [set, workspace, graph.pipeline],
  );
  const chosen = useMemo(() => ({ job: view.job, version: view.version }), [view.job, view.version]);
  const kept = useKept(graph, view);
  const job = graph.jobs.find(({ name }) => name === view.job);
  return (
    <>
      <LineHead graph={graph} workspace={workspace} view={view} />
      {failure && <Failure error={failure} />}
      {graph.jobs.length === 0 && <NoJobs />}
      <div className={styles.body}>
        {view.asList ? (
          <LineList graph={graph} chosen={view.job} kept={kept} wanted={view.wanted.toLowerCase()} {...acts} />
        ) : (
          <LinePicture graph={graph} chosen={chosen} kept={kept} inLanes={view.inLanes} acts={acts} />
        )}
        {job && <JobPanel key={job.name} workspace={workspace} graph={graph} job={job} onClose={() => set("job", null)} lightVersion={acts.lightVersion} focused={view.focus === job.name} onFocus={(on) => set("focus", on ? job.name : null)} />}
      </div>
    </>
  );
}

/** What stands out by itself: the way of the chosen version, else what leads to one job, else what the search finds. */
function useKept(graph: LineGraph, { version, focus, wanted }: Pick<View, "version" | "focus" | "wanted">): ReadonlySet<string> | null {
  return useMemo(() => {
    if (version !== null) return wayOfVersion(graph, version);
    if (focus !== null) return ancestryOf(drawLine(graph), jobId(focus));
    if (wanted === "") return null;
    const text = wanted.toLowerCase();
    const jobs = graph.jobs.filter(({ name }) => name.toLowerCase().includes(text)).map(({ name }) => `job:${name}`);
    const resources = graph.resources.filter(({ name }) => name.toLowerCase().includes(text)).map(({ name }) => `resource:${name}`);
    return new Set([...jobs, ...resources]);
  }, [graph, version, focus, wanted]);
}

function NoJobs() {
  return (
    <Empty title="This pipeline has no jobs yet">
      <p>Add one to its file and set it:</p>
      <Command>andon set andon.yml</Command>
    </Empty>
  );
}

/** What is typed stands in the field at once; the address follows when React has time for it. */
function Find({ wanted, onWanted }: { wanted: string; onWanted: (text: string) => void }) {
  const [typed, setTyped] = useState(wanted);
  return (
    <input
      type="search"
      aria-label="Find a job or a resource"
      placeholder="Find a job ( / )"
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        onWanted(event.target.value);
      }}
    />
  );
}

function LineHead({ graph, workspace, view }: { graph: LineGraph; workspace: string; view: View }) {
  const mayOperate = useMay(workspace, "operator");
  const lit = view.version === null ? undefined : graph.versions[view.version];
  return (
    <header className={styles.head}>
      <Link to={`/w/${workspace}/pipelines`}>Pipelines</Link>
      <h1>{graph.pipeline}</h1>
      {graph.paused && (
        <span className={styles.paused}>
          <StatusMark look={PAUSED_LOOK} /> {pauseWords(graph.paused)}, <Moment at={graph.paused.at} />
        </span>
      )}
      <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(graph.pipeline)}/revisions`}>Revision {graph.revision}</Link>
      <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(graph.pipeline)}/edit`}>Edit</Link>
      {view.version !== null && (
        <span className={styles.lit} role="status">
          {lit ? `The way of ${lit.resource} ${versionText(lit)}` : "This version is not at any station now"}
          {lit && (
            <Link to={`/w/${workspace}/resources/${encodeURIComponent(graph.pipeline)}/${encodeURIComponent(lit.resource)}?version=${view.version}`}>
              All its lineage
            </Link>
          )}
          <button type="button" onClick={() => view.set("version", null)}>
            Show all
          </button>
        </span>
      )}
      {view.version === null && view.focus !== null && (
        <span className={styles.lit} role="status">
          Only what leads to {view.focus}
          <button type="button" onClick={() => view.set("focus", null)}>
            Show all
          </button>
        </span>
      )}
      <div className={styles.tools}>
        <Find wanted={view.wanted} onWanted={(text) => view.set("q", text)} />
        {!view.asList && (
          <button type="button" aria-pressed={view.inLanes} onClick={() => view.set("lanes", view.inLanes ? null : "1")}>
            Lanes
          </button>
        )}
        <button type="button" onClick={() => view.set("view", view.asList ? "graph" : "list")}>
          {view.asList ? "As a picture" : "As a list"}
        </button>
        {mayOperate && <Cord workspace={workspace} pipeline={graph.pipeline} paused={graph.paused} />}
      </div>
    </header>
  );
}
