import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { rerunJobRun, rerunRun, stopJobRun } from "../api/client";
import type { JobRun } from "../api/types";
import { keys } from "../live/changes";
import { StopForm } from "../kit/StopForm";
import { Failure } from "../screens/Answer";
import { isActiveJobRun } from "../status/status";

interface JobRunActionsProps {
  jobRun: JobRun;
  run: string;
  workspace: string;
}

/** Stop while it is active; run again once it has ended. */
export function JobRunActions(props: JobRunActionsProps) {
  return isActiveJobRun(props.jobRun.status) ? <Stop {...props} /> : <Again {...props} />;
}

function Stop({ jobRun, run, workspace }: JobRunActionsProps) {
  const client = useQueryClient();
  const stop = async (reason: string) => {
    await stopJobRun({ workspace, job_run: jobRun.id }, { reason: reason || null });
    await client.invalidateQueries({ queryKey: keys.run(run) });
  };
  return <StopForm title={`Stop ${jobRun.job}`} isOptional stop={stop} />;
}

type Scope = "this" | "downstream" | "failed";

/** This job run alone, with everything of its run that stood on it, or whatever of its run has failed. */
function Again({ jobRun, run, workspace }: JobRunActionsProps) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: async (scope: Scope) => {
      if (scope !== "failed") return (await rerunJobRun({ workspace, job_run: jobRun.id }, { downstream: scope === "downstream" })).job_run;
      await rerunRun({ workspace, run }, { failed: true });
      return null;
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run) }),
  });
  const broken = jobRun.status === "failed" || jobRun.status === "errored";
  const press = (scope: Scope) => ({ type: "button", disabled: again.isPending, onClick: () => again.mutate(scope) }) as const;
  return (
    <>
      <button {...press("this")}>Run {jobRun.job} again</button>
      <button {...press("downstream")} title="Also what stood on it in this run, each once what it stands on has passed again">
        With all behind it
      </button>
      {broken && <button {...press("failed")}>Run all failed jobs again</button>}
      {again.isSuccess && (
        <span role="status">
          Started again.{" "}
          {again.data === null ? <Link to={`/w/${workspace}/runs/${run}`}>Open the run</Link> : <Link to={`/w/${workspace}/runs/${run}/job-runs/${again.data}`}>Open it</Link>}
        </span>
      )}
      {again.error && <Failure error={again.error} />}
    </>
  );
}
