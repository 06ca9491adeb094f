import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { closeRun, rerunRun, stopRun } from "../api/client";
import type { RunDetail } from "../api/types";
import { StopForm } from "../kit/StopForm";
import { keys } from "../live/changes";
import { isActiveRun } from "../status/status";
import { Failure } from "../screens/Answer";

/** Stop while it is active; run again once it has ended. */
export function RunActions({ run, workspace }: { run: RunDetail; workspace: string }) {
  if (!isActiveRun(run.status)) return <RunAgain run={run} workspace={workspace} />;
  return (
    <>
      <StopRun run={run} workspace={workspace} />
      {!run.closing && <CloseRun run={run} workspace={workspace} />}
    </>
  );
}

function StopRun({ run, workspace }: { run: RunDetail; workspace: string }) {
  const client = useQueryClient();
  const stop = async (reason: string | null) => {
    await stopRun({ workspace, run: run.id }, { reason });
    await client.invalidateQueries({ queryKey: keys.run(run.id) });
  };
  return <StopForm title="Stop run" stop={stop} />;
}

/** Ends a run for one of the reasons that its pipeline knows. */
function CloseRun({ run, workspace }: { run: RunDetail; workspace: string }) {
  const client = useQueryClient();
  const id = useId();
  const [asking, setAsking] = useState(false);
  const known = run.closing_reasons ?? [];
  const [reason, setReason] = useState(known[0] ?? "");
  const close = useMutation({
    mutationFn: () => closeRun({ workspace, run: run.id }, { reason: reason.trim() }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run.id) }),
  });
  if (!asking) {
    return (
      <button type="button" onClick={() => setAsking(true)}>
        Close run
      </button>
    );
  }
  return (
    <form
      className={styles.stop}
      onSubmit={(event) => {
        event.preventDefault();
        close.mutate();
      }}
    >
      <label htmlFor={id}>Why it is closed</label>
      {known.length > 0 ? (
        <select id={id} value={reason} onChange={(event) => setReason(event.target.value)}>
          {known.map((words) => (
            <option key={words}>{words}</option>
          ))}
        </select>
      ) : (
        <input id={id} value={reason} required maxLength={200} onChange={(event) => setReason(event.target.value)} />
      )}
      <button type="submit" data-weight="first" disabled={close.isPending || close.isSuccess}>
        Close run
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Leave it open
      </button>
      {close.error && <Failure error={close.error} />}
    </form>
  );
}

function RunAgain({ run, workspace }: { run: RunDetail; workspace: string }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: (failed: boolean) => rerunRun({ workspace, run: run.id }, { failed }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run.id) }),
  });
  const broken = run.job_run_list.some(({ status }) => status === "failed" || status === "errored");
  return (
    <>
      {broken && (
        <button type="button" disabled={again.isPending} onClick={() => again.mutate(true)}>
          Run failed jobs again
        </button>
      )}
      <button type="button" disabled={again.isPending} onClick={() => again.mutate(false)}>
        Run again
      </button>
      {again.error && <Failure error={again.error} />}
    </>
  );
}
