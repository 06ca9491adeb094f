import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "react-router";
import { getMonitor } from "../api/client";
import type { EnvironmentFigures, Monitor } from "../api/types";
import { keys } from "../live/changes";
import { Empty, Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { Deliveries } from "./Deliveries";
import { Headline } from "./Headline";
import type { Ground } from "./links";
import { MonitorFilters } from "./MonitorFilters";
import styles from "./MonitorPage.module.css";
import { PiecesTable } from "./PiecesTable";
import { PipelineFigures } from "./PipelineFigures";
import { boundsOf, readTime } from "./time";

/** The library that draws comes after the figures. */
const Charts = lazy(async () => ({ default: (await import("./Charts")).Charts }));

/** Figures are counted anew so often; events are too many to count by. */
const EVERY_MS = 60_000;

export function MonitorPage() {
  useTitle("Monitor");
  const workspace = useWorkspace();
  const [search, setSearch] = useSearchParams();
  const [pipeline, project] = [search.get("pipeline") ?? "", search.get("project") ?? ""];
  const time = readTime(search);
  const figures = useQuery({
    queryKey: keys.monitor(workspace, JSON.stringify([time, pipeline, project])),
    queryFn: ({ signal }) => getMonitor({ workspace }, { ...boundsOf(time, Date.now()), pipeline, project }, signal),
    refetchInterval: EVERY_MS,
    // Other filters keep the figures in their place until their answer is there.
    placeholderData: (before) => before,
  });
  const change = (parts: Record<string, string | null>) => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(parts)) {
      if (value === null || value === "") next.delete(name);
      else next.set(name, value);
    }
    setSearch(next, { replace: true });
  };
  const shown = figures.data;
  return (
    <>
      <h1>Monitor</h1>
      <MonitorFilters workspace={workspace} time={time} pipeline={pipeline} project={project} change={change} />
      {figures.error && <Failure error={figures.error} retry={() => void figures.refetch()} />}
      {figures.isPending && <Loading />}
      {shown && (
        <div className={styles.figures} data-stale={figures.isPlaceholderData}>
          <Shown monitor={shown} ground={{ workspace, pipeline, project, from: shown.from, to: shown.to }} />
        </div>
      )}
    </>
  );
}

const nameOf = ({ pipeline, environment }: EnvironmentFigures): string => `${pipeline}/${environment}`;

function Shown({ monitor, ground }: { monitor: Monitor; ground: Ground }) {
  const [search, setSearch] = useSearchParams();
  const { environments } = monitor;
  const asked = search.get("environment");
  const busiest = environments.toSorted((one, other) => other.deployments - one.deployments)[0];
  const chosen = environments.find((each) => nameOf(each) === asked) ?? busiest ?? null;
  const choose = (name: string) => {
    const next = new URLSearchParams(search);
    next.set("environment", name);
    setSearch(next, { replace: true });
  };
  if (monitor.whole.runs === 0 && environments.every(({ deployments, changes }) => deployments + changes === 0)) {
    return (
      <Empty title="No run began in this time">
        <p>
          Choose a longer time or other filters, or see what there is under <Link to="../runs">Runs</Link>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Headline figures={monitor.whole} ground={ground} />
      <Suspense fallback={<div className={styles.charts} />}>
        <Charts monitor={monitor} environment={chosen} />
      </Suspense>
      <PiecesTable monitor={monitor} ground={ground} />
      <Deliveries monitor={monitor} ground={ground} chosen={chosen && nameOf(chosen)} choose={choose} />
      <PipelineFigures monitor={monitor} ground={ground} />
    </>
  );
}
