import { useQuery } from "@tanstack/react-query";
import { listRunners } from "../api/client";
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
  const runners = useQuery({ queryKey: keys.runners(workspace), queryFn: async ({ signal }) => (await listRunners({ workspace }, signal)).items });
  const now = useNow(false);
  return (
    <>
      <h1>Runners</h1>
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
            <RunnerEntry runner={runner} now={now} />
          </li>
        ))}
      </ul>
    </>
  );
}

function RunnerEntry({ runner, now }: { runner: Runner; now: number }) {
  const notice = runner.notice ?? (runner.isolation === "none" ? UNSEPARATED : null);
  return (
    <article className={styles.runner} aria-label={runner.name}>
      <h2>{runner.name}</h2>
      <StatusMark look={runnerLook(runner.state)} />
      <dl className={styles.facts}>
        <Fact name="Slots" value={`${runner.busy} of ${runner.slots} busy`} />
        <Fact name="Labels" value={runner.labels.join(", ") || "none"} />
        <Fact name="Executor" value={runner.executor} />
        <Fact name="Isolation" value={runner.isolation} />
        <Fact name="Version" value={runner.version} />
        {runner.address !== null && <Fact name="Address" value={runner.address} />}
        <Fact name="Last seen" value={formatAge(runner.last_seen_at, now)} title={formatMoment(runner.last_seen_at)} />
      </dl>
      {notice && <p className={styles.notice}>{notice}</p>}
    </article>
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
