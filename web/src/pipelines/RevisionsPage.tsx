import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { diffRevisions, getRevision, listRevisions, planPipeline, restoreRevision } from "../api/client";
import type { RevisionView } from "../api/schema";
import { useMay } from "../app/role";
import { Dialog } from "../kit/Dialog";
import { Menu, MenuAct } from "../kit/Menu";
import { Moment } from "../kit/Moment";
import { useNotify } from "../kit/Notices";
import { TextDifference } from "../kit/TextDifference";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { actorWords } from "../text/actors";
import type { Beginning } from "./beginning";
import { downloadPipeline } from "./download";
import { PlannedView, PlanView } from "./PlanView";
import styles from "./RevisionsPage.module.css";

interface Place {
  workspace: string;
  pipeline: string;
}

export function RevisionsPage() {
  const workspace = useWorkspace();
  const { pipeline = "" } = useParams();
  useTitle(`Revisions of ${pipeline}`);
  const [search, setSearch] = useSearchParams();
  const [restoring, setRestoring] = useState<number | null>(null);
  const revisions = useQuery({ queryKey: keys.revisions(workspace, pipeline), queryFn: async ({ signal }) => (await listRevisions({ workspace, pipeline }, signal)).items });
  const items = revisions.data ?? [];
  const newest = items[0]?.number ?? 0;
  const to = Number(search.get("to") ?? newest);
  const from = Number(search.get("from") ?? to - 1);
  const compare = (one: number, other: number): void => setSearch({ from: String(one), to: String(other) }, { replace: true });
  const place = { workspace, pipeline };
  return (
    <>
      <header className={styles.head}>
        <h1>Revisions of {pipeline}</h1>
        <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`}>Line</Link>
        <Link to={`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}/edit`}>Edit</Link>
      </header>
      {revisions.error && <Failure error={revisions.error} retry={() => void revisions.refetch()} />}
      {revisions.isPending && <Loading />}
      <div className={styles.body}>
        {items.length > 0 && <RevisionTable items={items} from={from} to={to} place={place} onCompare={compare} onRestore={setRestoring} />}
        {from >= 1 && to >= 1 && from !== to && <Comparison place={place} from={from} to={to} />}
        {newest === 1 && <p className="quiet">There is one revision; the next one can be compared with it.</p>}
      </div>
      {restoring !== null && <RestoreDialog place={place} number={restoring} newest={newest} onClose={() => setRestoring(null)} />}
    </>
  );
}

interface RevisionTableProps {
  items: readonly RevisionView[];
  from: number;
  to: number;
  place: Place;
  onCompare: (from: number, to: number) => void;
  onRestore: (number: number) => void;
}

function RevisionTable({ items, from, to, place, onCompare, onRestore }: RevisionTableProps) {
  const newest = items[0]?.number ?? 0;
  return (
    <table className={styles.revisions}>
      <thead>
        <tr>
          <th scope="col" className="number">
            Revision
          </th>
          <th scope="col">Who</th>
          <th scope="col">When</th>
          <th scope="col">Why</th>
          <th scope="col">Compare</th>
          <th scope="col">
            <span className="visually-hidden">What can be done</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map(({ number, actor, message, created_at }) => (
          <tr key={number} data-revision={number} data-compared={number === from || number === to}>
            <td className="number">{number}</td>
            <td>{actorWords(actor)}</td>
            <td>
              <Moment at={created_at} />
            </td>
            <td className={styles.why}>{message ?? <span className="quiet">no reason given</span>}</td>
            <td className={styles.compare}>
              {number > 1 && (
                <button type="button" aria-pressed={from === number - 1 && to === number} onClick={() => onCompare(number - 1, number)} aria-label={`Compare revision ${number} with the one before`}>
                  with the one before
                </button>
              )}
              {number !== newest && (
                <button type="button" aria-pressed={from === number && to === newest} onClick={() => onCompare(number, newest)} aria-label={`Compare revision ${number} with the one in force`}>
                  with the one in force
                </button>
              )}
            </td>
            <td>
              <RevisionMenu number={number} newest={newest} place={place} onRestore={onRestore} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RevisionMenu({ number, newest, place, onRestore }: { number: number; newest: number; place: Place; onRestore: (number: number) => void }) {
  const navigate = useNavigate();
  const notify = useNotify();
  const mayEdit = useMay(place.workspace, "editor");
  const refused = !mayEdit ? "Only editors of the workspace" : number === newest ? "It is in force" : null;
  async function withText(act: (text: string) => void): Promise<void> {
    try {
      act((await getRevision({ ...place, number: String(number) })).text);
    } catch (error) {
      notify(error instanceof Error ? error.message : "The revision could not be read");
    }
  }
  const edit = (text: string): void => {
    void navigate(`/w/${place.workspace}/pipelines/${encodeURIComponent(place.pipeline)}/edit`, { state: { begin: text, on: newest } satisfies Beginning });
  };
  return (
    <Menu label={`What can be done with revision ${number}`}>
      <MenuAct refused={refused} onAct={() => onRestore(number)}>
        Restore…
      </MenuAct>
      <MenuAct onAct={() => void withText(edit)}>Edit from here</MenuAct>
      <MenuAct onAct={() => void withText((text) => downloadPipeline(`${place.pipeline}-${number}`, text))}>Export</MenuAct>
    </Menu>
  );
}

function useText({ workspace, pipeline }: Place, number: number) {
  return useQuery({
    queryKey: keys.revision(workspace, pipeline, number),
    queryFn: ({ signal }) => getRevision({ workspace, pipeline, number: String(number) }, signal),
    // A revision never changes.
    staleTime: Infinity,
  });
}

function Comparison({ place, from, to }: { place: Place; from: number; to: number }) {
  const before = useText(place, from);
  const after = useText(place, to);
  const meaning = useQuery({
    queryKey: ["revision", place.workspace, place.pipeline, String(from), "to", String(to)],
    queryFn: ({ signal }) => diffRevisions({ ...place, number: String(from), other: String(to) }, signal),
    staleTime: Infinity,
  });
  const error = before.error ?? after.error ?? meaning.error;
  return (
    <section className={styles.comparison} aria-label={`Revision ${from} and revision ${to}`}>
      <h2>
        From revision {from} to revision {to}
      </h2>
      {error && <Failure error={error} />}
      {meaning.data && <PlanView plan={meaning.data.plan} />}
      {before.data && after.data && <TextDifference before={before.data.text} after={after.data.text} label={`From revision ${from} to revision ${to}`} />}
    </section>
  );
}

/** What restoring would do, before it is done. */
function RestoreDialog({ place, number, newest, onClose }: { place: Place; number: number; newest: number; onClose: () => void }) {
  const client = useQueryClient();
  const notify = useNotify();
  const text = useText(place, number);
  const plan = useQuery({
    queryKey: ["plan", place.workspace, place.pipeline, "restore", number, newest],
    queryFn: () => planPipeline(place, text.data?.text ?? ""),
    enabled: text.data !== undefined,
    retry: false,
    gcTime: 0,
  });
  const restore = useMutation({
    mutationFn: () => restoreRevision({ ...place, number: String(number) }),
    onSuccess: ({ revision }) => {
      notify(`Revision ${revision} has the text of revision ${number}`);
      onClose();
      return Promise.all(["line", "run", "pipelines", "definition"].map((first) => client.invalidateQueries({ queryKey: [first] })));
    },
  });
  const error = text.error ?? plan.error ?? restore.error;
  return (
    <Dialog title={`Restore revision ${number} of ${place.pipeline}`} onClose={onClose}>
      <p>Its text becomes the next revision, with the modules it ran with; what is in force now stays in the list.</p>
      {error && <Failure error={error} />}
      {plan.isPending && !error && <Loading />}
      {plan.data && <PlannedView planned={plan.data} />}
      <div className={styles.acts}>
        <button type="button" data-weight="first" disabled={restore.isPending || text.data === undefined} onClick={() => restore.mutate()}>
          Restore revision {number}
        </button>
        <button type="button" onClick={onClose}>
          Leave it
        </button>
      </div>
    </Dialog>
  );
}
