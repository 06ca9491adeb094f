import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { getGraph, getRevision, restoreRevision } from "../api/client";
import type { LineGraph } from "../api/schema";
import { useMay } from "../app/role";
import { useNotify } from "../kit/Notices";
import { TextDifference } from "../kit/TextDifference";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import styles from "./Banner.module.css";
import { differsInStructure } from "./compare";

interface BannerProps {
  workspace: string;
  pipeline: string;
  /** Absent while it is on its way. */
  graph: LineGraph | undefined;
  active: boolean;
}

/** Says that this is a run and not the live line, the way back, and where the line in force is another one. */
export function Banner({ workspace, pipeline, graph, active }: BannerProps) {
  const changed = graph !== undefined && graph.revision !== graph.newest_revision;
  const line = `/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`;
  return (
    <div className={styles.banner} role="group" aria-label="What is shown">
      <span>{graph === undefined ? "Loading the run's picture…" : active ? "Viewing a run that goes on" : "Viewing a run"}</span>
      <Link to={line}>Back to line</Link>
      {changed && <Changed workspace={workspace} pipeline={pipeline} graph={graph} />}
    </div>
  );
}

function Changed({ workspace, pipeline, graph }: { workspace: string; pipeline: string; graph: LineGraph }) {
  const [search, setSearch] = useSearchParams();
  const mayEdit = useMay(workspace, "editor");
  const live = useQuery({ queryKey: keys.graph(workspace, pipeline), queryFn: ({ signal }) => getGraph({ workspace, pipeline }, {}, signal) });
  const structure = live.data !== undefined && differsInStructure(graph, live.data);
  const open = search.get("diff") === "1";
  return (
    <>
      <span className={styles.changed}>
        It ran revision {graph.revision}; revision {graph.newest_revision} is in force
        {structure && " and has other jobs or other ways between them, so this picture is read-only"}.
      </span>
      <button type="button" aria-expanded={open} onClick={() => setSearch(open ? {} : { diff: "1" }, { replace: true })}>
        {open ? "Hide the difference" : "Show the difference"}
      </button>
      {mayEdit && <Restore workspace={workspace} pipeline={pipeline} number={graph.revision} newest={graph.newest_revision} />}
      {open && <Difference workspace={workspace} pipeline={pipeline} from={graph.revision} to={graph.newest_revision} />}
    </>
  );
}

function Restore({ workspace, pipeline, number, newest }: { workspace: string; pipeline: string; number: number; newest: number }) {
  const client = useQueryClient();
  const notify = useNotify();
  const restore = useMutation({
    mutationFn: (wanted: number) => restoreRevision({ workspace, pipeline, number: String(wanted) }),
    onSuccess: (set, wanted) => {
      const undo = wanted === number ? () => restore.mutate(newest) : undefined;
      notify(`Revision ${set.revision} has the text of revision ${wanted}`, undo);
      return Promise.all([["line"], ["run"], ["pipelines"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return (
    <>
      <button type="button" disabled={restore.isPending} onClick={() => restore.mutate(number)}>
        Restore revision {number}
      </button>
      {restore.error && <Failure error={restore.error} />}
    </>
  );
}

function Difference({ workspace, pipeline, from, to }: { workspace: string; pipeline: string; from: number; to: number }) {
  const before = useRevision(workspace, pipeline, from);
  const after = useRevision(workspace, pipeline, to);
  const error = before.error ?? after.error;
  if (error) return <Failure error={error} />;
  if (before.data === undefined || after.data === undefined) return <Loading />;
  return <TextDifference before={before.data.text} after={after.data.text} label={`From revision ${from} to revision ${to}`} />;
}

function useRevision(workspace: string, pipeline: string, number: number) {
  return useQuery({
    queryKey: keys.revision(workspace, pipeline, number),
    queryFn: ({ signal }) => getRevision({ workspace, pipeline, number: String(number) }, signal),
    // A revision never changes.
    staleTime: Infinity,
  });
}
