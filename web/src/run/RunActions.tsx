import { useMutation, useQueryClient } from "@tanstack/react-query";
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
  const stop = async (reason: string) => {
    await stopRun({ workspace, run: run.id }, { reason: reason || null });
    await client.invalidateQueries({ queryKey: keys.run(run.id) });
  };
  return <StopForm title="Stop run" isOptional stop={stop} />;
}

/** Ends a run for one of the reasons that its pipeline knows. */
function CloseRun({ run, workspace }: { run: RunDetail; workspace: string }) {
  const client = useQueryClient();
  const close = async (reason: string) => {
    await closeRun({ workspace, run: run.id }, { reason });
    await client.invalidateQueries({ queryKey: keys.run(run.id) });
  };
  return <StopForm title="Close run" keep="Leave it open" reasons={run.closing_reasons ?? []} stop={close} />;
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
