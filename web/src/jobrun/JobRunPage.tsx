import { useQuery } from "@tanstack/react-query";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { getJobRun, listArtifacts, listTests } from "../api/client";
import type { JobRunDetail } from "../api/types";
import { useMay } from "../app/role";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { GateForm } from "../gate/GateForm";
import { Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { StatusMark } from "../status/StatusMark";
import { ChecklistTab } from "../tasks/ChecklistTab";
import { isActiveJobRun, jobRunLook, reasonWords } from "../status/status";
import { elapsed, formatDuration } from "../text/time";
import { ArtifactsTab } from "./ArtifactsTab";
import { JobRunActions } from "./JobRunActions";
import styles from "./JobRunPage.module.css";
import { LogTab } from "./LogTab";
import { Markdown } from "./Markdown";
import { StepsTab } from "./StepsTab";
import { TestsTab } from "./TestsTab";
import { VersionsTab } from "./VersionsTab";

export function JobRunPage() {
  const workspace = useWorkspace();
  const { run = "", jobRun: id = "" } = useParams();
  const jobRun = useQuery({ queryKey: keys.jobRun(run, id), queryFn: ({ signal }) => getJobRun({ workspace, job_run: id }, signal) });
  useTitle(jobRun.data ? `${jobRun.data.job} #${jobRun.data.number}, ${jobRun.data.pipeline}` : "Job run");
  return (
    <>
      <p className={styles.trail}>
        <Link to={`/w/${workspace}/runs`}>Runs</Link> / <Link to={`/w/${workspace}/runs/${run}`}>Run</Link>
        {jobRun.data && (
          <>
            {" / "}
            <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(jobRun.data.pipeline)}?job=${encodeURIComponent(jobRun.data.job)}`}>
              {jobRun.data.pipeline}
            </Link>
          </>
        )}
      </p>
      {jobRun.error && <Failure error={jobRun.error} retry={() => void jobRun.refetch()} />}
      {jobRun.isPending && <Loading />}
      {jobRun.data && <JobRunView jobRun={jobRun.data} run={run} workspace={workspace} />}
    </>
  );
}

interface Tab {
  name: string;
  title: string;
  show: () => ReactNode;
}

/** Only tabs that have something to show; the log always. */
function useTabs(jobRun: JobRunDetail, workspace: string): Tab[] {
  const at = { workspace, job_run: jobRun.id };
  const tests = useQuery({ queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "tests"], queryFn: async ({ signal }) => (await listTests(at, signal)).items });
  const artifacts = useQuery({
    queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "artifacts"],
    queryFn: async ({ signal }) => (await listArtifacts(at, signal)).items,
  });
  const summaries = jobRun.executions.flatMap(({ summary }) => (summary ? [summary] : []));
  const failed = tests.data?.filter(({ status }) => status === "failed" || status === "errored").length ?? 0;
  const steps = jobRun.steps.flatMap((execution) => execution.steps);
  const wanted: (Tab & { when: boolean })[] = [
    { name: "log", title: "Log", when: jobRun.gate === null && !jobRun.tasks, show: () => <LogTab jobRun={jobRun} workspace={workspace} /> },
    { name: "gate", title: "Gate", when: jobRun.gate !== null, show: () => jobRun.gate && <GateForm gate={jobRun.gate} job={jobRun.job} run={jobRun.run} workspace={workspace} /> },
    { name: "tasks", title: "Checklist", when: Boolean(jobRun.tasks), show: () => <ChecklistTab jobRun={jobRun} workspace={workspace} /> },
    { name: "summary", title: "Summary", when: summaries.length > 0, show: () => <Markdown source={summaries.join("\n\n")} /> },
    { name: "steps", title: `Steps ${steps.length}`, when: steps.length > 0, show: () => <StepsTab jobRun={jobRun} /> },
    { name: "versions", title: "Inputs and outputs", when: true, show: () => <VersionsTab jobRun={jobRun} workspace={workspace} /> },
    {
      name: "tests",
      title: failed > 0 ? `Tests ${failed} failed` : `Tests ${tests.data?.length ?? 0}`,
      when: (tests.data?.length ?? 0) > 0,
      show: () => <TestsTab tests={tests.data ?? []} jobRun={jobRun} workspace={workspace} />,
    },
    { name: "artifacts", title: `Artifacts ${artifacts.data?.length ?? 0}`, when: (artifacts.data?.length ?? 0) > 0, show: () => <ArtifactsTab artifacts={artifacts.data ?? []} jobRun={jobRun.id} workspace={workspace} /> },
    { name: "state", title: "State", when: Object.keys(jobRun.state).length > 0, show: () => <StateTab state={jobRun.state} /> },
  ];
  return wanted.filter(({ when }) => when);
}

function JobRunView({ jobRun, run, workspace }: { jobRun: JobRunDetail; run: string; workspace: string }) {
  const [search, setSearch] = useSearchParams();
  const mayOperate = useMay(workspace, "operator");
  const tabs = useTabs(jobRun, workspace);
  const chosen = tabs.find(({ name }) => name === search.get("tab")) ?? tabs[0];
  return (
    <>
      <JobRunHead jobRun={jobRun}>{mayOperate && <JobRunActions key={jobRun.status} jobRun={jobRun} run={run} workspace={workspace} />}</JobRunHead>
      {jobRun.detail && !jobRun.gate && <p className={styles.detail}>{jobRun.detail}</p>}
      <Annotations jobRun={jobRun} />
      <Tabs.Root
        value={chosen?.name ?? "log"}
        onValueChange={(tab) =>
          setSearch(
            (old) => {
              const next = new URLSearchParams(old);
              next.set("tab", tab);
              return next;
            },
            { replace: true },
          )
        }
      >
        <Tabs.List className={styles.tabs ?? ""} aria-label="What of this job run">
          {tabs.map(({ name, title }) => (
            <Tabs.Trigger key={name} value={name} className={styles.tab ?? ""}>
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {tabs.map(({ name, show }) => (
          <Tabs.Content key={name} value={name} className={styles.content ?? ""} tabIndex={-1}>
            {name === chosen?.name && show()}
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </>
  );
}

function JobRunHead({ jobRun, children }: { jobRun: JobRunDetail; children: ReactNode }) {
  const now = useNow(isActiveJobRun(jobRun.status));
  const length = elapsed(jobRun.started_at, jobRun.ended_at, now);
  return (
    <header className={styles.head}>
      <h1>
        {jobRun.job} <span className="quiet">#{jobRun.number}</span>
      </h1>
      <span role="status">
        <StatusMark look={jobRunLook(jobRun.status)} />
      </span>
      <span className="quiet">{reasonWords(jobRun.reason)}</span>
      <span>{length === null ? "" : formatDuration(length)}</span>
      {children}
    </header>
  );
}

/** What the log marked as an error or a warning, with its place in the source. */
function Annotations({ jobRun: { annotations } }: { jobRun: JobRunDetail }) {
  const shown = annotations.filter(({ level }) => level === "error").slice(0, 5);
  if (shown.length === 0) return null;
  return (
    <ul className={styles.annotations} aria-label="Errors">
      {shown.map(({ file, line, message }) => (
        <li key={`${file ?? ""} ${line ?? ""} ${message}`}>
          {file && (
            <code>
              {file}
              {line == null ? "" : `:${line}`}
            </code>
          )}{" "}
          {message}
        </li>
      ))}
    </ul>
  );
}

function StateTab({ state }: { state: Record<string, string> }) {
  return (
    <dl className={styles.state}>
      {Object.entries(state).map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  );
}
