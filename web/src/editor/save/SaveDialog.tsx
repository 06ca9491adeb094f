import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { planPipeline, setPipeline } from "../../api/client";
import { ApiError } from "../../api/request";
import type { Plan, Stale } from "../../api/schema";
import { Dialog } from "../../kit/Dialog";
import { useNotify } from "../../kit/Notices";
import { TextDifference } from "../../kit/TextDifference";
import { DiagnosticList } from "../../pipelines/DiagnosticList";
import { PlannedView } from "../../pipelines/PlanView";
import { Failure, Loading } from "../../screens/Answer";
import type { Work } from "./useWork";
import styles from "./SaveDialog.module.css";

export interface SaveDialogProps {
  workspace: string;
  pipeline: string;
  work: Work;
  /** The push that sets this pipeline otherwise, as `repository:path`. */
  syncedFrom: string | null;
  onClose: () => void;
  onSaved: (revision: number) => void;
  /** Another revision is in force by now; nothing was saved. */
  onStale: (stale: Stale) => void;
}

/** What an error tells of the revision that came between; null for every other error. */
function staleOf(error: unknown): Stale | null {
  if (!(error instanceof ApiError) || error.problem?.type !== "stale") return null;
  const { base = 0, current = null, diff = null, plan = null } = error.problem as Partial<Stale> & { plan?: Plan | null };
  return { base, current, diff, plan };
}

/** The plan, before anything is saved. */
export function SaveDialog({ workspace, pipeline, work, syncedFrom, onClose, onSaved, onStale }: SaveDialogProps) {
  const client = useQueryClient();
  const notify = useNotify();
  const id = useId();
  const [message, setMessage] = useState("");
  // The text cannot change while the dialog stands over it.
  const [text] = useState(work.text);
  const plan = useQuery({ queryKey: ["plan", workspace, pipeline, text], queryFn: () => planPipeline({ workspace, pipeline }, text), retry: false, gcTime: 0, staleTime: 0 });
  const save = useMutation({
    mutationFn: () => setPipeline({ workspace, pipeline }, text, { expect: work.base.revision, message: message.trim() || null }),
    onSuccess: ({ revision, changed }) => {
      work.rebase({ revision, text });
      notify(changed ? `Revision ${revision} of ${pipeline} is in force` : `Revision ${revision} of ${pipeline} has this text already`);
      onSaved(revision);
      return Promise.all(["line", "pipelines", "definition"].map((first) => client.invalidateQueries({ queryKey: [first] })));
    },
    onError: (error) => {
      const stale = staleOf(error);
      if (stale !== null) onStale(stale);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const next = work.base.revision === 0 ? `Make the pipeline ${pipeline}` : "Save as the next revision";
  return (
    <Dialog title={work.base.revision === 0 ? `What making ${pipeline} would do` : `What saving ${pipeline} would do`} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {plan.isPending && <Loading />}
        {plan.error && <Unusable error={plan.error} />}
        {plan.data && <PlannedView planned={plan.data} />}
        {syncedFrom !== null && <p className={styles.notice}>A push sets this pipeline from {syncedFrom}: the next one sets it again. Take the change into that file, too.</p>}
        {work.base.revision > 0 && (
          <details>
            <summary>What changes in the text</summary>
            <TextDifference before={work.base.text} after={text} label="What changes in the text" />
          </details>
        )}
        <label htmlFor={id}>Why; shown with the revision</label>
        <input id={id} value={message} maxLength={500} autoComplete="off" onChange={(event) => setMessage(event.target.value)} />
        {save.error && <Failure error={save.error} />}
        <div className={styles.acts}>
          <button type="submit" data-weight="first" disabled={save.isPending || plan.data === undefined} title={plan.error ? "The text cannot be used yet" : undefined}>
            {next}
          </button>
          <button type="button" onClick={onClose}>
            Go on editing
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Unusable({ error }: { error: Error }) {
  const found = error instanceof ApiError ? (error.problem?.diagnostics ?? []) : [];
  return (
    <>
      <Failure error={error} />
      <DiagnosticList findings={found} />
    </>
  );
}
