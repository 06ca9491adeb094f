import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import type { ListedRun } from "../api/calls";
import { deleteRun, getRevision, renameRun, restoreRevision, setPipeline } from "../api/client";
import { Dialog } from "../kit/Dialog";
import { useNotify } from "../kit/Notices";
import { Failure } from "../screens/Answer";
import { runTitle } from "../screens/runList";
import { withPipelineName } from "./pipelineText";
import styles from "./RunDialogs.module.css";

export interface RunDialogProps {
  run: ListedRun;
  onClose: () => void;
}

interface QuestionProps {
  title: string;
  act: string;
  keep: string;
  /** Tells what goes wrong, where something does. */
  error: Error | null;
  busy: boolean;
  onAct: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A question with what will happen, the act, and the way out. */
function Question({ title, act, keep, error, busy, onAct, onClose, children }: QuestionProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAct();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        {children}
        {error && <Failure error={error} />}
        <div className={styles.acts}>
          <button type="submit" data-weight="first" disabled={busy}>
            {act}
          </button>
          <button type="button" onClick={onClose}>
            {keep}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function useAct<T>(act: () => Promise<T>, stale: readonly string[], onDone: (answer: T) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      onDone(answer);
      return Promise.all(stale.map((first) => client.invalidateQueries({ queryKey: [first] })));
    },
  });
}

export function RenameDialog({ run, onClose }: RunDialogProps) {
  const id = useId();
  const notify = useNotify();
  const [name, setName] = useState(run.name ?? "");
  const at = { workspace: run.workspace, run: run.id };
  const undo = useAct(() => renameRun(at, { name: run.name }), ["runs", "run"], () => undefined);
  const rename = useAct(() => renameRun(at, { name: name.trim() || null }), ["runs", "run"], () => {
    notify(name.trim() === "" ? `${run.pipeline} #${run.number} has no name any more` : `Renamed to ${name.trim()}`, () => undo.mutate());
    onClose();
  });
  return (
    <Question title={`Rename ${runTitle(run)}`} act="Rename" keep="Leave it" error={rename.error} busy={rename.isPending} onAct={() => rename.mutate()} onClose={onClose}>
      <label htmlFor={id}>Name; empty takes it away</label>
      <input id={id} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
    </Question>
  );
}

export function RestoreDialog({ run, onClose }: RunDialogProps) {
  const notify = useNotify();
  const navigate = useNavigate();
  const at = { workspace: run.workspace, pipeline: run.pipeline, number: String(run.revision) };
  const restore = useAct(() => restoreRevision(at), ["line", "run", "pipelines"], ({ revision }) => {
    notify(`Revision ${revision} of ${run.pipeline} has the text of revision ${run.revision}`);
    onClose();
    void navigate(`/w/${run.workspace}/pipelines/${encodeURIComponent(run.pipeline)}`);
  });
  return (
    <Question
      title={`Restore revision ${run.revision} of ${run.pipeline}`}
      act={`Restore revision ${run.revision}`}
      keep="Leave it"
      error={restore.error}
      busy={restore.isPending}
      onAct={() => restore.mutate()}
      onClose={onClose}
    >
      <p>The live line gets the text that {runTitle(run)} ran on, as its next revision. Jobs may start because of it; the present revision stays in the list.</p>
    </Question>
  );
}

export function CopyPipelineDialog({ run, onClose }: RunDialogProps) {
  const id = useId();
  const navigate = useNavigate();
  const notify = useNotify();
  const [name, setName] = useState(`${run.pipeline}-copy`);
  async function copy() {
    const { text } = await getRevision({ workspace: run.workspace, pipeline: run.pipeline, number: String(run.revision) });
    // Based on nothing: a pipeline that has the name already is not changed.
    const at = { workspace: run.workspace, pipeline: name };
    return setPipeline(at, withPipelineName(text, name), { expect: 0, message: `From revision ${run.revision} of ${run.pipeline}` });
  }
  const make = useAct(copy, ["pipelines"], () => {
    notify(`${name} is set from revision ${run.revision} of ${run.pipeline}`);
    onClose();
    void navigate(`/w/${run.workspace}/pipelines/${encodeURIComponent(name)}`);
  });
  return (
    <Question
      title={`New pipeline from revision ${run.revision} of ${run.pipeline}`}
      act="Make the pipeline"
      keep="Not now"
      error={make.error}
      busy={make.isPending}
      onAct={() => make.mutate()}
      onClose={onClose}
    >
      <p>It has the same text under another name, its own history, and may start at once.</p>
      <label htmlFor={id}>Name</label>
      <input id={id} value={name} required pattern="[a-z][a-z0-9\-]*" maxLength={100} onChange={(event) => setName(event.target.value)} />
      <p className="quiet">Small letters, digits and hyphens.</p>
    </Question>
  );
}

export function DeleteDialog({ run, onClose }: RunDialogProps) {
  const notify = useNotify();
  const remove = useAct(() => deleteRun({ workspace: run.workspace, run: run.id }), ["runs", "run", "pipelines"], () => {
    notify(`${runTitle(run)} is deleted`);
    onClose();
  });
  return (
    <Question title={`Delete ${runTitle(run)}`} act="Delete" keep="Keep it" error={remove.error} busy={remove.isPending} onAct={() => remove.mutate()} onClose={onClose}>
      <p>Its logs and artifacts go with it, and there is no way back. Versions it made stay where they have got to.</p>
    </Question>
  );
}
