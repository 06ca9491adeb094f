import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { drainRunner, getMe, listRunners, resumeRunner } from "../api/client";
import type { Runner } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { StatusMark } from "../status/StatusMark";
import { runnerLook } from "../status/runner";
import { formatAge, formatMoment } from "../text/time";
import { Command, Empty, Failure, Loading } from "./Answer";
import styles from "./RunnersPage.module.css";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

const UNSEPARATED = "Nothing separates jobs from this machine: they run as the runner's user and can read what that user can.";

export function RunnersPage() {
  useTitle("Runners");
  const workspace = useWorkspace();
  return (
    <>
      <h1>Runners</h1>
      <RunnerList workspace={workspace} />
    </>
  );
}

/** Every runner of the installation, with its load; whoever administers it can drain them. */
export function RunnerList({ workspace }: { workspace: string }) {
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  const runners = useQuery({ queryKey: keys.runners(workspace), queryFn: async ({ signal }) => (await listRunners({ workspace }, signal)).items });
  const now = useNow(false);
  return (
    <>
      {runners.error && <Failure error={runners.error} retry={() => void runners.refetch()} />}
      {runners.isPending && <Loading />}
      {runners.data?.length === 0 && (
        <Empty title="No runners">
          <p>The server runs jobs itself unless it was started with --no-runner. Start a runner on any machine that reaches this address:</p>
          <Command>{`ANDON_RUNNER_TOKEN=… andon runner --server ${window.location.origin}`}</Command>
        </Empty>
      )}
      <ul className={styles.runners}>
        {runners.data?.map((runner) => (
          <li key={runner.id}>
            <RunnerEntry runner={runner} now={now} workspace={workspace} mayDrain={me.data?.administrator === true} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface RunnerEntryProps {
  runner: Runner;
  now: number;
  workspace: string;
  mayDrain: boolean;
}

function RunnerEntry({ runner, now, workspace, mayDrain }: RunnerEntryProps) {
  const notice = runner.notice ?? (runner.isolation === "none" ? UNSEPARATED : null);
  return (
    <article className={styles.runner} aria-label={runner.name}>
      <h2>{runner.name}</h2>
      <StatusMark look={runnerLook(runner.state)} />
      {mayDrain && <Drain runner={runner} workspace={workspace} />}
      <dl className={styles.facts}>
        <div>
          <dt>Load</dt>
          <dd className={styles.load}>
            <meter min={0} max={Math.max(runner.slots, 1)} value={runner.busy} aria-label={`Load of ${runner.name}`} />
            {runner.busy} of {runner.slots} slots busy
          </dd>
        </div>
        <Fact name="Labels" value={runner.labels.join(", ") || "none"} />
        <Fact name="Executor" value={runner.executor} />
        <Fact name="Isolation" value={runner.isolation} />
        <Fact name="Version" value={runner.version} />
        {runner.address !== null && <Fact name="Address" value={runner.address} />}
        <Fact name="Last seen" value={formatAge(runner.last_seen_at, now)} title={formatMoment(runner.last_seen_at)} />
      </dl>
      {runner.drained && (
        <p className={styles.drained}>
          Drained by {runner.drained.by}, {formatAge(runner.drained.at, now)}: {runner.busy > 0 ? "it ends what it has and takes no more work." : "it takes no work."}
        </p>
      )}
      {notice && <p className={styles.notice}>{notice}</p>}
    </article>
  );
}

/** Nothing is lost by it, so it is done at once; the same button takes it back. */
function Drain({ runner, workspace }: { runner: Runner; workspace: string }) {
  const client = useQueryClient();
  const drained = Boolean(runner.drained);
  const change = useMutation({
    mutationFn: () => (drained ? resumeRunner : drainRunner)({ workspace, runner: runner.id }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.runners(workspace) }),
  });
  return (
    <div className={styles.acts}>
      <button type="button" disabled={change.isPending} onClick={() => change.mutate()}>
        {drained ? "Let it work again" : "Drain"}
        <span className="visually-hidden"> {runner.name}</span>
      </button>
      {change.error && <Failure error={change.error} />}
    </div>
  );
}

function Fact({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd title={title}>{value}</dd>
    </div>
  );
}
