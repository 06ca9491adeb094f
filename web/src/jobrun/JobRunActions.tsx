import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { rerunJobRun, stopJobRun } from "../api/client";
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

function Again({ jobRun, run, workspace }: JobRunActionsProps) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => rerunJobRun({ workspace, job_run: jobRun.id }, null),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run) }),
  });
  return (
    <>
      <button type="button" disabled={again.isPending} onClick={() => again.mutate()}>
        Run {jobRun.job} again
      </button>
      {again.data && (
        <span role="status">
          Started again. <Link to={`/w/${workspace}/runs/${run}/job-runs/${again.data.job_run}`}>Open it</Link>
        </span>
      )}
      {again.error && <Failure error={again.error} />}
    </>
  );
}
