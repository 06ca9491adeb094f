import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "react-router";
import { rerunJobRun, stopJobRun } from "../api/client";
import type { JobRun } from "../api/types";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { isActiveJobRun } from "../status/status";
import styles from "./JobRunPage.module.css";

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
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const stop = useMutation({
    mutationFn: () => stopJobRun({ workspace, job_run: jobRun.id }, { reason: reason.trim() || null }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run) }),
  });
  if (!asking) {
    return (
      <button type="button" onClick={() => setAsking(true)}>
        Stop {jobRun.job}
      </button>
    );
  }
  return (
    <form
      className={styles.stop}
      onSubmit={(event) => {
        event.preventDefault();
        stop.mutate();
      }}
    >
      <label htmlFor={id}>Reason</label>
      <input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      <button type="submit" data-weight="first" disabled={stop.isPending || stop.isSuccess}>
        Stop {jobRun.job}
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Keep it running
      </button>
      {stop.error && <Failure error={stop.error} />}
    </form>
  );
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
