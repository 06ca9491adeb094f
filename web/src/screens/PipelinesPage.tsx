import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { listPipelines } from "../api/client";
import type { Pipeline } from "../api/types";
import { useMay } from "../app/role";
import { ListTable, type Column } from "../kit/ListTable";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { PipelineMenu } from "../pipelines/PipelineMenu";
import { StatusMark } from "../status/StatusMark";
import { PAUSED_LOOK, runLook } from "../status/status";
import { formatAge, formatMoment } from "../text/time";
import { Command, Empty, Failure, Loading } from "./Answer";
import { groupByProject, pauseWords } from "./pipelineList";
import styles from "./PipelinesPage.module.css";
import { useTitle } from "./title";
import { useWorkspace } from "./workspace";

export function PipelinesPage() {
  useTitle("Pipelines");
  const workspace = useWorkspace();
  const mayEdit = useMay(workspace, "editor");
  const pipelines = useQuery({
    queryKey: keys.pipelines(workspace),
    queryFn: async ({ signal }) => (await listPipelines({ workspace }, signal)).items,
  });
  return (
    <>
      <header className={styles.head}>
        <h1>Pipelines</h1>
        {mayEdit && (
          <Link className={styles.new} to={`/w/${workspace}/new-pipeline`}>
            New pipeline
          </Link>
        )}
      </header>
      {pipelines.error && <Failure error={pipelines.error} retry={() => void pipelines.refetch()} />}
      {pipelines.isPending && <Loading />}
      {pipelines.data?.length === 0 && <NoPipelines workspace={workspace} />}
      {groupByProject(pipelines.data ?? []).map(({ project, items }) => (
        <section key={project ?? ""} className={styles.project} aria-label={project ?? "Without a project"}>
          {project !== null && <h2>{project}</h2>}
          <PipelineTable pipelines={items} workspace={workspace} />
        </section>
      ))}
    </>
  );
}

function NoPipelines({ workspace }: { workspace: string }) {
  return (
    <Empty title="No pipelines yet">
      <p>
        <Link to={`/w/${workspace}/new-pipeline`}>Make one here</Link>, or write one into a file and set it:
      </p>
      <Command>andon set andon.yml</Command>
      <p>Or push a repository that holds it; the first push creates the repository:</p>
      <Command>{`git push ${window.location.origin}/git/${workspace}/REPOSITORY.git HEAD:main`}</Command>
      <p className="quiet">git asks for your name and your password; a token may stand for the password.</p>
    </Empty>
  );
}

const COLUMNS: readonly Column[] = [
  "Pipeline",
  "Last run",
  { title: "When", is: "number" },
  { title: "Jobs", is: "number" },
  { title: "Revision", is: "number" },
  { title: "What can be done", is: "acts" },
];

function PipelineTable({ pipelines, workspace }: { pipelines: Pipeline[]; workspace: string }) {
  const now = useNow(false);
  return (
    <ListTable className={styles.pipelines} columns={COLUMNS}>
      {pipelines.map((pipeline) => (
        <PipelineRow key={pipeline.id} pipeline={pipeline} workspace={workspace} now={now} />
      ))}
    </ListTable>
  );
}

function PipelineRow({ pipeline, workspace, now }: { pipeline: Pipeline; workspace: string; now: number }) {
  const last = pipeline.last_run;
  return (
    <tr data-pipeline={pipeline.name}>
      <td className={styles.name}>
        <Link to={encodeURIComponent(pipeline.name)}>
          <strong>{pipeline.name}</strong>
        </Link> {pipeline.paused && <StatusMark look={PAUSED_LOOK} />}
        {pipeline.paused && <p>{pauseWords(pipeline.paused)}</p>}
        {pipeline.sync_error && (
          <p className={styles.fault}>
            {pipeline.synced_from} was not taken over: {pipeline.sync_error}
          </p>
        )}
        {pipeline.description && <p className="quiet">{pipeline.description}</p>}
      </td>
      <td className={styles.last}>
        {last ? (
          <Link className={styles.run} to={`/w/${workspace}/runs/${last.id}`}>
            <StatusMark look={runLook(last.status)} /> #{last.number}
          </Link>
        ) : (
          <span className="quiet">Has not run</span>
        )}
      </td>
      <td className="number" title={last ? formatMoment(last.created_at) : undefined}>
        {last ? formatAge(last.created_at, now) : ""}
      </td>
      <td data-label="Jobs" className="number">
        {pipeline.jobs}
      </td>
      <td data-label="Revision" className="number" title={pipeline.synced_from ? `Kept equal to ${pipeline.synced_from}` : undefined}>
        <Link to={`${encodeURIComponent(pipeline.name)}/revisions`} aria-label={`Revisions of ${pipeline.name}, now ${pipeline.revision}`}>
          {pipeline.revision}
        </Link>
      </td>
      <td className={styles.acts}>
        <PipelineMenu workspace={workspace} pipeline={pipeline.name} />
      </td>
    </tr>
  );
}
