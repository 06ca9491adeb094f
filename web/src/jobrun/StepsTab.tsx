import type { Phase, StepReport, StepStatus } from "../api/schema";
import type { JobRunDetail } from "../api/types";
import { useNow } from "../live/clock";
import { StatusMark } from "../status/StatusMark";
import { jobRunLook, reasonWords } from "../status/status";
import { elapsed, formatDuration } from "../text/time";

const PHASES: Record<Phase, string> = {
  fetch: "Fetch",
  step: "Step",
  "on-success": "On success",
  "on-failure": "On failure",
  "on-stop": "On stop",
  always: "Always",
};

const AS_JOB_RUN = { running: "running", succeeded: "succeeded", failed: "failed", stopped: "stopped", skipped: "skipped" } as const satisfies Record<StepStatus, string>;

/** What each execution did, in order, and how long it took. */
export function StepsTab({ jobRun }: { jobRun: JobRunDetail }) {
  return jobRun.steps.map(({ execution, steps }) => {
    const cell = jobRun.executions.find(({ id }) => id === execution)?.cell;
    return (
      <section key={execution} aria-label={cell ?? "Steps"}>
        {cell && <h2>{cell}</h2>}
        <StepTable steps={steps} />
      </section>
    );
  });
}

function StepTable({ steps }: { steps: readonly StepReport[] }) {
  const now = useNow(steps.some(({ status }) => status === "running"));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Part</th>
          <th scope="col">Name</th>
          <th scope="col">Outcome</th>
          <th scope="col" className="number">
            Duration
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ index, phase, name, status, attempt, exit_code: exitCode, reason, started_at: startedAt, ended_at: endedAt }) => {
          const length = elapsed(startedAt ?? null, endedAt ?? null, now);
          return (
            <tr key={`${index} ${attempt}`}>
              <td>
                <StatusMark look={jobRunLook(AS_JOB_RUN[status])} />
              </td>
              <td>{PHASES[phase]}</td>
              <td>
                {name} {attempt > 0 && <span className="quiet">attempt {attempt + 1}</span>}
              </td>
              <td>
                {reasonWords(reason ?? null)} {exitCode != null && exitCode !== 0 && `exit code ${exitCode}`}
              </td>
              <td className="number">{length === null ? "" : formatDuration(length)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
