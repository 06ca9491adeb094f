import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { claimGate, getMe, listGates, unclaimGate } from "../api/client";
import type { Gate } from "../api/types";
import { cargoWords, requirementWords, urgencyOf } from "../gate/gateWords";
import { Moment } from "../kit/Moment";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { StatusMark } from "../status/StatusMark";
import { gateLook } from "../status/status";
import { formatMoment } from "../text/time";
import { orderByUrgency } from "./order";
import styles from "./InboxPage.module.css";
import { useInbox } from "./useInbox";

type View = "mine" | "claimed" | "all" | "review";

const VIEWS: readonly { name: View; title: string }[] = [
  { name: "mine", title: "For me" },
  { name: "claimed", title: "I look after" },
  { name: "all", title: "All open" },
  { name: "review", title: "To review" },
];

/** What waits for people: for the reader first, the most pressing on top. */
export function InboxPage() {
  useTitle("Inbox");
  const workspace = useWorkspace();
  const [search] = useSearchParams();
  const view = VIEWS.find(({ name }) => name === search.get("show"))?.name ?? "mine";
  const gates = useGates(workspace, view);
  return (
    <>
      <h1>Inbox</h1>
      <nav className={styles.tabs} aria-label="What waits for whom">
        {VIEWS.map(({ name, title }) => (
          <Link key={name} to={name === "mine" ? "." : `?show=${name}`} aria-current={name === view ? "page" : undefined}>
            {title}
          </Link>
        ))}
      </nav>
      {gates.error && <Failure error={gates.error} retry={() => void gates.refetch()} />}
      {gates.isPending && <Loading />}
      {gates.data?.length === 0 && <Nothing view={view} />}
      {gates.data && gates.data.length > 0 && <GateList gates={gates.data} workspace={workspace} />}
    </>
  );
}

function useGates(workspace: string, view: View) {
  const mine = useInbox(workspace);
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  const status = view === "review" ? "unreviewed" : "open";
  const others = useQuery({
    queryKey: keys.inbox(workspace, status),
    queryFn: async ({ signal }) => (await listGates({ workspace }, { status }, signal)).items,
    enabled: view !== "mine",
  });
  if (view === "mine") return mine;
  if (view !== "claimed") return others;
  return { ...others, data: others.data?.filter(({ claimed_by: by }) => by !== null && by === me.data?.user?.name) };
}

function Nothing({ view }: { view: View }) {
  switch (view) {
    case "mine":
      return (
        <Empty title="Nothing waits for you">
          <p>
            Gates that you may decide appear here by themselves. <Link to="?show=all">See all open gates</Link>, or ask from a terminal:
          </p>
          <Command>andon inbox</Command>
        </Empty>
      );
    case "claimed":
      return (
        <Empty title="You look after no gate">
          <p>
            Take one of <Link to="?show=all">all open gates</Link> with “I look after it”, so that others know.
          </p>
        </Empty>
      );
    case "review":
      return (
        <Empty title="Nothing to review">
          <p>A gate that somebody opened alone in an emergency stands here until somebody else has looked at why.</p>
        </Empty>
      );
    default:
      return (
        <Empty title="No gate is open">
          <p>
            <Link to="../runs">See the runs</Link>
          </p>
        </Empty>
      );
  }
}

function GateList({ gates, workspace }: { gates: readonly Gate[]; workspace: string }) {
  const now = useNow(false);
  return (
    <ul className={styles.gates}>
      {orderByUrgency(gates).map((gate) => (
        <GateEntry key={gate.id} gate={gate} workspace={workspace} now={now} />
      ))}
    </ul>
  );
}

function GateEntry({ gate, workspace, now }: { gate: Gate; workspace: string; now: number }) {
  const urgency = urgencyOf(gate, now);
  return (
    <li className={styles.gate} data-gate={gate.id} data-urgency={urgency}>
      <div className={styles.line}>
        <StatusMark look={gateLook(gate)} />
        <h2>
          <Link to={`/w/${workspace}/gates/${gate.id}`}>{gate.job}</Link> <span className="quiet">#{gate.number}</span>
        </h2>
        <span>
          of <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(gate.pipeline)}`}>{gate.pipeline}</Link>,{" "}
          <Link to={`/w/${workspace}/runs/${gate.run}`}>run #{gate.run_number}</Link>
        </span>
        <span className={styles.when}>
          <Moment at={gate.opened_at} />
        </span>
      </div>
      <p className={styles.cargo}>
        {gate.status === "open" ? "Lets" : "Let"} {cargoWords(gate.inputs)} pass. {gate.requirements.map(requirementWords).join("; ")}.
      </p>
      {gate.deadline_at !== null && gate.status === "open" && (
        <p className={styles.deadline}>{urgency === "overdue" ? "Its time has run out" : `Open until ${formatMoment(gate.deadline_at)}`}</p>
      )}
      {!gate.may_decide && gate.why_not && gate.status === "open" && <p className="quiet">{gate.why_not}</p>}
      <div className={styles.line}>
        <Link className={styles.look} to={`/w/${workspace}/gates/${gate.id}`}>
          {gate.status !== "open" ? "See why and review it" : gate.may_decide ? "See what changes and decide" : "See what changes"}
        </Link>
        {gate.status === "open" && <Claim gate={gate} workspace={workspace} />}
      </div>
    </li>
  );
}

function Claim({ gate, workspace }: { gate: Gate; workspace: string }) {
  const client = useQueryClient();
  const claim = useMutation({
    mutationFn: (take: boolean) => (take ? claimGate : unclaimGate)({ workspace, gate: gate.id }),
    onSettled: () => Promise.all([["inbox"], keys.gate(gate.id)].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  return (
    <>
      <button type="button" disabled={claim.isPending} onClick={() => claim.mutate(!gate.claimed_by)}>
        {gate.claimed_by ? `Give ${gate.job} back` : `I look after ${gate.job}`}
      </button>
      {gate.claimed_by && <span className="quiet">{gate.claimed_by} looks after it</span>}
      {claim.error && <Failure error={claim.error} />}
    </>
  );
}
