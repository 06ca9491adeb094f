import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { useState } from "react";
import { claimGate, listGates, unclaimGate } from "../api/client";
import type { Gate, Task } from "../api/types";
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
import { TaskActs } from "../tasks/TaskActs";
import { TaskBatch } from "../tasks/TaskBatch";
import { dueWords, taskLook, whoseWords } from "../tasks/taskWords";
import styles from "./InboxPage.module.css";
import { useInbox, type InboxScope } from "./useInbox";

type View = InboxScope | "all" | "review";

const VIEWS: readonly { name: View; title: string }[] = [
  { name: "mine", title: "For me" },
  { name: "groups", title: "For my groups" },
  { name: "claimed", title: "I look after" },
  { name: "done", title: "Done by me" },
  { name: "all", title: "All open gates" },
  { name: "review", title: "To review" },
];

/** What waits for people: for the reader first, the most pressing on top. */
export function InboxPage() {
  useTitle("Inbox");
  const workspace = useWorkspace();
  const [search] = useSearchParams();
  const view = VIEWS.find(({ name }) => name === search.get("show"))?.name ?? "mine";
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
      {view === "all" || view === "review" ? <GatesView view={view} workspace={workspace} /> : <ItemsView key={view} view={view} workspace={workspace} />}
    </>
  );
}

function GatesView({ view, workspace }: { view: "all" | "review"; workspace: string }) {
  const status = view === "review" ? "unreviewed" : "open";
  const gates = useQuery({
    queryKey: keys.inbox(workspace, status),
    queryFn: async ({ signal }) => (await listGates({ workspace }, { status }, signal)).items,
  });
  return (
    <>
      {gates.error && <Failure error={gates.error} retry={() => void gates.refetch()} />}
      {gates.isPending && <Loading />}
      {gates.data?.length === 0 && <Nothing view={view} />}
      {gates.data && gates.data.length > 0 && <GateList gates={gates.data} workspace={workspace} />}
    </>
  );
}

/** Gates and tasks together, in the server's order; tasks can be chosen and changed together. */
function ItemsView({ view, workspace }: { view: InboxScope; workspace: string }) {
  const inbox = useInbox(workspace, view, true);
  const now = useNow(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const items = inbox.data?.pages.flatMap((page) => page.items);
  const there = new Set(items?.filter(({ task }) => task?.may_change && view !== "done").map(({ id }) => id));
  const counted = chosen.filter((id) => there.has(id));
  const choose = (id: string, yes: boolean) => setChosen(yes ? [...counted, id] : counted.filter((other) => other !== id));
  return (
    <>
      {inbox.error && <Failure error={inbox.error} retry={() => void inbox.refetch()} />}
      {inbox.isPending && <Loading />}
      {items?.length === 0 && <Nothing view={view} />}
      <TaskBatch chosen={counted} workspace={workspace} onDone={() => setChosen([])} />
      {items && items.length > 0 && (
        <ul className={styles.gates}>
          {items.map((item) =>
            item.task ? (
              <TaskEntry key={item.id} task={item.task} workspace={workspace} chosen={counted.includes(item.id)} onChoose={there.has(item.id) ? choose : null} />
            ) : item.gate ? (
              <GateEntry key={item.id} gate={item.gate} workspace={workspace} now={now} />
            ) : null,
          )}
        </ul>
      )}
      {inbox.hasNextPage && (
        <button type="button" disabled={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          Show more
        </button>
      )}
    </>
  );
}

interface TaskEntryProps {
  task: Task;
  workspace: string;
  chosen: boolean;
  onChoose: ((id: string, yes: boolean) => void) | null;
}

function TaskEntry({ task, workspace, chosen, onChoose }: TaskEntryProps) {
  const due = dueWords(task);
  return (
    <li className={styles.gate} data-task={task.name} data-urgency={task.overdue ? "overdue" : undefined}>
      <div className={styles.line}>
        {onChoose && <input type="checkbox" aria-label={`Choose ${task.title}`} checked={chosen} onChange={(event) => onChoose(task.id, event.target.checked)} />}
        <StatusMark look={taskLook(task.status)} />
        <h2>
          <Link to={`/w/${workspace}/runs/${task.run}/job-runs/${task.job_run}`}>{task.title}</Link>
        </h2>
        <span>
          of {task.job} #{task.number}, <Link to={`/w/${workspace}/runs/${task.run}`}>{`${task.pipeline} run #${task.run_number}`}</Link>
        </span>
        <span className={styles.when}>
          <Moment at={task.created_at} />
        </span>
      </div>
      <p>{whoseWords(task)}.</p>
      {due && <p className={task.overdue ? styles.deadline : "quiet"}>{due}</p>}
      <TaskActs task={task} workspace={workspace} />
    </li>
  );
}

function Nothing({ view }: { view: View }) {
  switch (view) {
    case "mine":
      return (
        <Empty title="Nothing waits for you">
          <p>
            Gates that you may decide, and tasks whose turn it is, appear here by themselves. <Link to="?show=groups">See what waits for your groups</Link>,{" "}
            <Link to="?show=all">all open gates</Link>, or ask from a terminal:
          </p>
          <Command>andon inbox</Command>
        </Empty>
      );
    case "groups":
      return (
        <Empty title="Nothing waits for your groups">
          <p>
            What a group of yours may decide or do stands here. <Link to="?show=all">See all open gates</Link>
          </p>
        </Empty>
      );
    case "claimed":
      return (
        <Empty title="You look after nothing">
          <p>
            Take one of <Link to="?show=all">all open gates</Link>, or a task of <Link to="?show=groups">your groups</Link>, with “I look after it”, so that
            others know.
          </p>
        </Empty>
      );
    case "done":
      return (
        <Empty title="You have decided and done nothing yet">
          <p>
            <Link to=".">See what waits for you</Link>
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
