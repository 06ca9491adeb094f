import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { unlockEnvironment } from "../api/client";
import type { EnvironmentView, UnderWayView } from "../api/schema";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { StatusMark } from "../status/StatusMark";
import { PAUSED_LOOK, jobRunLook } from "../status/status";
import { actorWords } from "../text/actors";
import { formatMoment } from "../text/time";
import styles from "./EnvironmentsPage.module.css";
import { LockDialog } from "./LockDialog";
import { PromotionDialog, type Wanted } from "./PromotionDialog";
import { behindWords, shortValue, valuesWords } from "./words";

interface LaneProps {
  environment: EnvironmentView;
  workspace: string;
}

/** One environment: what runs there, how far behind it is, what is on its way, and what can be done. */
export function EnvironmentLane({ environment, workspace }: LaneProps) {
  const { pipeline, name, lock, under_way: underWay, failed } = environment;
  const behind = behindWords(environment.behind);
  return (
    <li className={styles.lane} data-environment={name} data-locked={lock !== null}>
      <h3>{name}</h3>
      {environment.description && <p className="quiet">{environment.description}</p>}
      <Running environment={environment} workspace={workspace} />
      <p className={styles.behind} data-behind={behind !== null}>
        {behind ?? (environment.version === null ? "Nothing can be brought here yet" : "Runs the newest set")}
      </p>
      {behind !== null && <p className="quiet">Newest: {valuesWords(environment.behind.newest)}</p>}
      {lock && (
        <p className={styles.lock}>
          <StatusMark look={{ ...PAUSED_LOOK, word: "Locked" }} /> by {actorWords(lock.by)} <Moment at={lock.since} />
          {lock.until !== null && <> until {formatMoment(lock.until)}</>}: {lock.reason}
        </p>
      )}
      {underWay.map((one) => (
        <Attempt key={one.job_run} attempt={one} workspace={workspace} />
      ))}
      {failed && (
        <p className={styles.failed}>
          The last attempt brought nothing here: <Attempt attempt={failed} workspace={workspace} inline />
        </p>
      )}
      <Acts environment={environment} workspace={workspace} />
      <p className={styles.foot}>
        {environment.gates.length > 0 && <span className="quiet">Behind {environment.gates.join(", ")}. </span>}
        {environment.own_rules && <span className="quiet">Has rules of its own. </span>}
        <Link to={`?history=${encodeURIComponent(`${pipeline}/${name}`)}`} aria-label={`History of ${name}`}>
          History
        </Link>
      </p>
    </li>
  );
}

function Running({ environment, workspace }: LaneProps) {
  if (environment.version === null || environment.job_run === null) return <p className={styles.nothing}>Nothing has been deployed here</p>;
  return (
    <>
      <ul className={styles.values}>
        {Object.entries(environment.values).map(([resource, value]) => (
          <li key={resource}>
            {resource} <code title={value}>{shortValue(value)}</code>
          </li>
        ))}
      </ul>
      <p className={styles.since}>
        Since {environment.since !== null && <Moment at={environment.since} />}, by {actorWords(environment.actor ?? "")},{" "}
        <Link to={`/w/${workspace}/job-runs/${environment.job_run}`}>
          {environment.job} #{environment.number}
        </Link>
        {environment.kind === "rollback" && " (rolled back)"}
      </p>
      {environment.note && <p className="quiet">“{environment.note}”</p>}
    </>
  );
}

function Attempt({ attempt, workspace, inline = false }: { attempt: UnderWayView; workspace: string; inline?: boolean }) {
  const to = attempt.gate !== null && attempt.status === "awaiting" ? `/w/${workspace}/gates/${attempt.gate}` : `/w/${workspace}/job-runs/${attempt.job_run}`;
  const shown = (
    <>
      <StatusMark look={jobRunLook(attempt.status)} />{" "}
      <Link to={to}>
        {attempt.job} #{attempt.number}
      </Link>
    </>
  );
  return inline ? shown : <p className={styles.attempt}>{shown}</p>;
}

function Acts({ environment, workspace }: LaneProps) {
  const { pipeline, name, lock } = environment;
  const may = useMay(workspace, "operator");
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [locking, setLocking] = useState(false);
  const client = useQueryClient();
  const notify = useNotify();
  const unlock = useMutation({
    mutationFn: () => unlockEnvironment({ workspace, pipeline, environment: name }, { reason: null }),
    onSuccess: () => notify(`Unlocked ${name}: what waited goes on`),
    onSettled: () => client.invalidateQueries({ queryKey: keys.environments(workspace) }),
  });
  if (!may || environment.jobs.length === 0) return null;
  const canPromote = environment.behind.sets > 0;
  return (
    <div className={styles.acts}>
      <button type="button" disabled={!canPromote || lock !== null} title={refusal(lock !== null, canPromote)} aria-label={`Promote to ${name}`} onClick={() => setWanted({ kind: "promote", version: null })}>
        Promote
      </button>
      {environment.last_good !== null && (
        <button type="button" disabled={lock !== null} title={refusal(lock !== null, true)} aria-label={`Roll ${name} back`} onClick={() => setWanted({ kind: "rollback", version: null })}>
          Roll back
        </button>
      )}
      {lock ? (
        <button type="button" disabled={unlock.isPending} aria-label={`Unlock ${name}`} onClick={() => unlock.mutate()}>
          Unlock
        </button>
      ) : (
        <button type="button" aria-label={`Lock ${name}`} onClick={() => setLocking(true)}>
          Lock
        </button>
      )}
      {unlock.error && <Failure error={unlock.error} />}
      {wanted && <PromotionDialog environment={environment} workspace={workspace} wanted={wanted} onClose={() => setWanted(null)} />}
      {locking && <LockDialog environment={environment} workspace={workspace} onClose={() => setLocking(false)} />}
    </div>
  );
}

function refusal(locked: boolean, possible: boolean): string | undefined {
  if (locked) return "It is locked";
  return possible ? undefined : "It runs the newest set";
}
