import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useSearchParams } from "react-router";
import { openGateLink } from "../api/client";
import { Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";

/** What the gate's page takes over from the link that led there. */
export interface GateLinkState {
  gateLink?: { gate: string; token: string };
}

/** Where a mail's link leads after sign-in: to the gate, with the token that decides there, once. */
export function GateLinkPage() {
  useTitle("A gate that waits for you");
  const [search] = useSearchParams();
  const token = search.get("token") ?? "";
  const place = useQuery({ queryKey: ["gate-link", token], queryFn: () => openGateLink({ token }), staleTime: 0 });
  if (place.data) {
    const { workspace, gate } = place.data;
    const state: GateLinkState = { gateLink: { gate, token } };
    return <Navigate to={`/w/${workspace}/gates/${gate}`} replace state={state} />;
  }
  if (place.isPending) return <Loading />;
  return (
    <>
      <h1>This link leads nowhere</h1>
      <Failure error={place.error} />
      <p>
        What still waits for you is in your inbox. <Link to="/">Go to Andon</Link>
      </p>
    </>
  );
}
