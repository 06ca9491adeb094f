import { Link } from "react-router";
import { downloadPipeline } from "../pipelines/download";
import styles from "./Editor.module.css";
import type { Work } from "./save/useWork";

interface EditorHeadProps {
  workspace: string;
  pipeline: string;
  work: Work;
  mayEdit: boolean;
  onSave: () => void;
  onUndo: () => void;
  onRedo: () => void;
}

/** Why saving makes no sense now; null where it does. */
function whyNotSave({ dirty }: Work, mayEdit: boolean): string | null {
  if (!mayEdit) return "Only editors of the workspace save pipelines";
  return dirty ? null : "There is nothing to save";
}

export function EditorHead({ workspace, pipeline, work, mayEdit, onSave, onUndo, onRedo }: EditorHeadProps) {
  const line = `/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}`;
  const { revision } = work.base;
  const refused = whyNotSave(work, mayEdit);
  const state = revision === 0 ? "Not there yet" : work.dirty ? `Unsaved changes, based on revision ${revision}` : `Revision ${revision}`;
  return (
    <header className={styles.head}>
      {revision === 0 ? <Link to={`/w/${workspace}/pipelines`}>Pipelines</Link> : <Link to={line}>Line</Link>}
      <h1>Edit {pipeline}</h1>
      <span className="quiet" data-dirty={work.dirty}>
        {state}
      </span>
      <div className={styles.tools}>
        <button type="button" onClick={onUndo}>
          Undo
        </button>
        <button type="button" onClick={onRedo}>
          Redo
        </button>
        <button type="button" onClick={() => downloadPipeline(pipeline, work.text)}>
          Export
        </button>
        {revision > 0 && <Link to={`${line}/revisions`}>Revisions</Link>}
        <button type="button" data-weight="first" disabled={refused !== null} title={refused ?? undefined} onClick={onSave}>
          Save…
        </button>
      </div>
    </header>
  );
}
