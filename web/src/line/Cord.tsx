import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { pauseJob, pausePipeline, resumeJob, resumePipeline } from "../api/client";
import type { LineGraph } from "../api/schema";
import type { Pause } from "../api/types";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import styles from "./Cord.module.css";

interface CordProps {
  workspace: string;
  pipeline: string;
  /** Absent: the whole pipeline. */
  job?: string;
  paused: Pause | null;
}

/** The graph with one pause set or taken away, as the server will answer. */
export function withPause(graph: LineGraph, job: string | undefined, paused: Pause | null): LineGraph {
  if (job === undefined) return { ...graph, paused };
  return { ...graph, jobs: graph.jobs.map((each) => (each.name === job ? { ...each, paused } : each)) };
}

function useCord({ workspace, pipeline, job }: Omit<CordProps, "paused">) {
  const client = useQueryClient();
  const queryKey = keys.graph(workspace, pipeline);
  return useMutation({
    mutationFn: ({ hold, reason }: { hold: boolean; reason: string | null }) => {
      if (job !== undefined) return (hold ? pauseJob : resumeJob)({ workspace, pipeline, job }, { reason });
      return (hold ? pausePipeline : resumePipeline)({ workspace, pipeline }, { reason });
    },
    // Shown at once; what the server says stands in the end.
    onMutate: async ({ hold, reason }) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData<LineGraph>(queryKey);
      if (before) client.setQueryData(queryKey, withPause(before, job, hold ? { by: "user:you", reason, at: Date.now() } : null));
      return { before };
    },
    onError: (_error, _asked, context) => {
      if (context?.before) client.setQueryData(queryKey, context.before);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["line", workspace, pipeline] }),
  });
}

/** The cord: holds a job or a pipeline with a reason, and lets it go on. Both can be undone. */
export function Cord({ workspace, pipeline, job, paused }: CordProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const notify = useNotify();
  const cord = useCord(job === undefined ? { workspace, pipeline } : { workspace, pipeline, job });
  const what = job ?? "the pipeline";

  function pull(hold: boolean, said: string | null): void {
    setAsking(false);
    setReason("");
    cord.mutate(
      { hold, reason: said },
      {
        onSuccess: () => {
          const undo = () => cord.mutate({ hold: !hold, reason: hold ? null : (paused?.reason ?? null) });
          notify(hold ? `Paused ${what}: nothing of it starts, nothing is lost` : `${what} goes on`, undo);
        },
      },
    );
  }

  return (
    <div className={styles.cord}>
      {paused && (
        <button type="button" disabled={cord.isPending} onClick={() => pull(false, null)}>
          Resume {what}
        </button>
      )}
      {!paused && !asking && (
        <button type="button" disabled={cord.isPending} onClick={() => setAsking(true)}>
          Pause {what}
        </button>
      )}
      {!paused && asking && (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            pull(true, reason.trim() || null);
          }}
        >
          <label htmlFor={id}>Reason, for those who wonder</label>
          <input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
          <button type="submit" data-weight="first">
            Pause {what}
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Let it run
          </button>
        </form>
      )}
      {cord.error && <Failure error={cord.error} />}
    </div>
  );
}
