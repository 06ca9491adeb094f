import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "react-router";
import { getJobRun } from "../api/client";
import { Failure, Loading } from "../screens/Answer";
import { useWorkspace } from "../screens/workspace";

/** Lineage names job runs without their runs: this address leads on to the one under its run. */
export function JobRunRedirect() {
  const workspace = useWorkspace();
  const { jobRun: id = "" } = useParams();
  const jobRun = useQuery({ queryKey: ["run", "", "job-run", id], queryFn: ({ signal }) => getJobRun({ workspace, job_run: id }, signal) });
  if (jobRun.data) return <Navigate to={`/w/${workspace}/runs/${jobRun.data.run}/job-runs/${id}`} replace />;
  return (
    <>
      <h1 className="visually-hidden">Job run</h1>
      {jobRun.error ? <Failure error={jobRun.error} retry={() => void jobRun.refetch()} /> : <Loading />}
    </>
  );
}
