import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useSearchParams } from "react-router";
import { openGateLink } from "../api/calls";
import { Failure, Loading } from "./Answer";
import { useTitle } from "./title";

/** Where a mail's link leads after sign-in: to the run whose gate waits, with the token that decides there, once. */
export function GateLinkPage() {
  useTitle("A gate that waits for you");
  const [search] = useSearchParams();
  const token = search.get("token") ?? "";
  const place = useQuery({ queryKey: ["gate-link", token], queryFn: () => openGateLink(token), staleTime: 0 });
  if (place.data) {
    const { workspace, run, gate } = place.data;
    return <Navigate to={`/w/${workspace}/runs/${run}`} replace state={{ gateLink: { gate, token } }} />;
  }
  if (place.isPending) return <Loading />;
  return (
    <>
      <h1>This link leads nowhere</h1>
      <Failure error={place.error} />
      <p>
        What still waits can be decided at its run. <Link to="/">Go to the runs</Link>
      </p>
    </>
  );
}
