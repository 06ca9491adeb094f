import { Link } from "react-router";
import type { ListedRun } from "../api/calls";
import { ListTable, type Column } from "../kit/ListTable";
import { useNow } from "../live/clock";
import { causeWords, runTitle } from "../screens/runList";
import { StatusMark } from "../status/StatusMark";
import { isActiveRun, runLook } from "../status/status";
import { actorWords } from "../text/actors";
import { elapsed, formatAge, formatDuration, formatMoment } from "../text/time";
import { RunMenu } from "./RunMenu";
import styles from "./RunsPage.module.css";

interface RunTableProps {
  runs: readonly ListedRun[];
  everywhere: boolean;
  /** The run whose details stand beside the list. */
  opened: string | null;
  openDetails: (run: string) => void;
}

const COLUMNS: readonly Column[] = [
  "Status",
  "Run",
  "Pipeline",
  "Cause",
  "Author",
  { title: "Jobs done", is: "number" },
  { title: "Started", is: "number" },
  { title: "Duration", is: "number" },
  { title: "Acts", is: "acts" },
];

export function RunTable({ runs, everywhere, opened, openDetails }: RunTableProps) {
  const now = useNow(runs.some((run) => isActiveRun(run.status)));
  return (
    <ListTable className={styles.runs} columns={COLUMNS}>
      {runs.map((run) => (
        <RunRow key={run.id} run={run} everywhere={everywhere} opened={run.id === opened} now={now} openDetails={openDetails} />
      ))}
    </ListTable>
  );
}

interface RunRowProps extends Pick<RunTableProps, "everywhere" | "openDetails"> {
  run: ListedRun;
  opened: boolean;
  now: number;
}

/** The run's name opens the run, the pipeline's name the live line. */
function RunRow({ run, everywhere, opened, now, openDetails }: RunRowProps) {
  const length = elapsed(run.created_at, run.ended_at, now) ?? 0;
  const done = (run.job_runs.succeeded ?? 0) + (run.job_runs.skipped ?? 0);
  return (
    <tr data-run={run.id} data-opened={opened}>
      <td className={styles.status}>
        <StatusMark look={runLook(run.status)} />
      </td>
      <td className={styles.title}>
        <Link to={`/w/${run.workspace}/runs/${run.id}`}>{runTitle(run)}</Link>
        {run.cause_detail && <p className="quiet">{run.cause_detail}</p>}
      </td>
      <td className={styles.pipeline}>
        {everywhere && <span className="quiet">{run.workspace} / </span>}
        <Link to={`/w/${run.workspace}/pipelines/${encodeURIComponent(run.pipeline)}`} title={`The live line of ${run.pipeline}`}>
          {run.pipeline}
        </Link>
      </td>
      <td data-label="Cause">{causeWords(run.cause)}</td>
      <td data-label="Author" className={styles.author} title={run.actor}>
        {run.author ?? actorWords(run.actor)}
      </td>
      <td data-label="Jobs" className="number">
        {done} of {run.job_runs.total}
      </td>
      <td data-label="Started" className="number" title={formatMoment(run.created_at)}>
        {formatAge(run.created_at, now)}
      </td>
      <td data-label="Duration" className="number">
        {formatDuration(length)}
      </td>
      <td className={styles.menu}>
        <RunMenu run={run} openDetails={() => openDetails(run.id)} />
      </td>
    </tr>
  );
}
