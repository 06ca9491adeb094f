import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { listEnvironments } from "../api/client";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import styles from "./EnvironmentsPage.module.css";
import { EnvironmentLane } from "./EnvironmentLane";
import { History } from "./History";
import { byPipeline } from "./words";

/** What runs where: a lane for each environment, in the order of the line. */
export function EnvironmentsPage() {
  useTitle("Environments");
  const workspace = useWorkspace();
  const [search] = useSearchParams();
  const environments = useQuery({
    queryKey: keys.environments(workspace),
    queryFn: async ({ signal }) => (await listEnvironments({ workspace }, signal)).items,
  });
  const shown = environments.data?.find(({ pipeline, name }) => `${pipeline}/${name}` === search.get("history"));
  return (
    <>
      <h1>Environments</h1>
      {environments.error && <Failure error={environments.error} retry={() => void environments.refetch()} />}
      {environments.isPending && <Loading />}
      {environments.data?.length === 0 && (
        <Empty title="No environments">
          <p>Name a place in a pipeline&apos;s resources, and let the job that deploys put it out:</p>
          <Command>{`resources:\n  production: { type: environment }\njobs:\n  deploy: { outputs: [production], … }`}</Command>
        </Empty>
      )}
      <div className={styles.page} data-panel={shown !== undefined}>
        <div>
          {byPipeline(environments.data ?? []).map(([pipeline, all]) => (
            <section key={pipeline} className={styles.pipeline} aria-label={pipeline}>
              <h2>
                <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`}>{pipeline}</Link>
              </h2>
              <ul className={styles.lanes}>
                {all.map((environment) => (
                  <EnvironmentLane key={environment.name} environment={environment} workspace={workspace} />
                ))}
              </ul>
            </section>
          ))}
        </div>
        {shown && <History key={`${shown.pipeline}/${shown.name}`} environment={shown} workspace={workspace} />}
      </div>
    </>
  );
}
