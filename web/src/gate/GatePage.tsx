import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { claimGate, getGate, unclaimGate } from "../api/client";
import type { GateDetail } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { StatusMark } from "../status/StatusMark";
import { gateLook } from "../status/status";
import { formatMoment } from "../text/time";
import { Changes } from "./Changes";
import { Decide } from "./Decide";
import { Deciders } from "./Deciders";
import styles from "./GatePage.module.css";
import { closedWords, urgencyOf } from "./gateWords";
import { Proof } from "./Proof";

/** A gate with everything an approver has to know: what changes, then proof, then who decided; what can be done comes last. */
export function GatePage() {
  const workspace = useWorkspace();
  const { gate: id = "" } = useParams();
  const gate = useQuery({ queryKey: keys.gate(id), queryFn: ({ signal }) => getGate({ workspace, gate: id }, signal) });
  useTitle(gate.data ? `${gate.data.job} #${gate.data.number}, ${gate.data.pipeline}` : "Gate");
  return (
    <>
      <p>
        <Link to={`/w/${workspace}/inbox`}>Inbox</Link>
        {gate.data && (
          <>
            {" / "}
            <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(gate.data.pipeline)}`}>{gate.data.pipeline}</Link>
            {" / "}
            <Link to={`/w/${workspace}/runs/${gate.data.run}`}>Run #{gate.data.run_number}</Link>
          </>
        )}
      </p>
      {gate.error && <Failure error={gate.error} retry={() => void gate.refetch()} />}
      {gate.isPending && <Loading />}
      {gate.error && !gate.data && <h1 className="visually-hidden">Gate</h1>}
      {gate.data && <GateView gate={gate.data} workspace={workspace} />}
    </>
  );
}

function GateView({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  return (
    <div className={styles.page} data-gate={gate.id} data-status={gate.status}>
      <GateHead gate={gate} workspace={workspace} />
      <Changes evidence={gate.evidence} inputs={gate.inputs} isOpen={gate.status === "open"} workspace={workspace} />
      <Proof evidence={gate.evidence} workspace={workspace} pipeline={gate.pipeline} />
      <Deciders gate={gate} workspace={workspace} />
      {gate.status === "open" && <Decide gate={gate} workspace={workspace} />}
    </div>
  );
}

function GateHead({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const now = useNow(false);
  const urgency = urgencyOf(gate, now);
  return (
    <header>
      <div className={styles.head}>
        <h1>
          {gate.job} <span className="quiet">#{gate.number}</span>
        </h1>
        <span role="status">
          <StatusMark look={gateLook(gate)} />
        </span>
        {gate.status === "open" && <Claim gate={gate} workspace={workspace} />}
      </div>
      <p className="quiet">
        Opened <Moment at={gate.opened_at} />
        {gate.status !== "open" && gate.closed_at !== null && (
          <>
            . {closedWords(gate.status)} <Moment at={gate.closed_at} />
          </>
        )}
        {gate.carried_from && (
          <>
            , <Link to={`/w/${workspace}/gates/${gate.carried_from}`}>approved before for the very same thing</Link>
          </>
        )}
        {". Bound to "}
        <code title={gate.digest}>{gate.digest.replace(/^sha256:/, "").slice(0, 12)}</code>
        {": other versions, settings or rules ask anew."}
      </p>
      {gate.status === "open" && gate.deadline_at !== null && (
        <p className={styles.deadline} data-urgency={urgency}>
          {urgency === "overdue" ? "Its time has run out" : `Open until ${formatMoment(gate.deadline_at)}`}
          {gate.escalated_at ? ". More people may decide since it was escalated" : ""}.
        </p>
      )}
    </header>
  );
}

/** Who looks after it: one person may take it, and give it back. */
function Claim({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const client = useQueryClient();
  const may = useMay(workspace, "viewer");
  const claim = useMutation({
    mutationFn: (take: boolean) => (take ? claimGate : unclaimGate)({ workspace, gate: gate.id }),
    onSettled: () => Promise.all([keys.gate(gate.id), ["inbox"]].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  return (
    <span className={styles.claim}>
      {gate.claimed_by && <span>{gate.claimed_by} looks after it</span>}
      {may && (
        <button type="button" disabled={claim.isPending} onClick={() => claim.mutate(!gate.claimed_by)}>
          {gate.claimed_by ? "Give it back" : "I look after it"}
        </button>
      )}
      {claim.error && <Failure error={claim.error} />}
    </span>
  );
}
