import { useId, useState } from "react";
import type { PatchTask } from "../api/types";
import { Failure } from "../screens/Answer";
import styles from "./Tasks.module.css";
import { useTaskChanges } from "./useTaskChange";

/** What can be done to all the chosen tasks at once. */
export function TaskBatch({ chosen, workspace, onDone }: { chosen: readonly string[]; workspace: string; onDone: () => void }) {
  const changes = useTaskChanges(workspace);
  const [text, setText] = useState("");
  const id = useId();
  if (chosen.length === 0) return null;
  const note = text.trim();
  const act = (words: string, change: PatchTask, disabled = false) => (
    <button
      type="button"
      disabled={changes.isPending || disabled}
      onClick={() => changes.mutate({ tasks: chosen, change }, { onSuccess: () => { setText(""); onDone(); } })}
    >
      {words}
    </button>
  );
  return (
    <section className={styles.bar} aria-label="Chosen tasks">
      <span role="status">{chosen.length === 1 ? "1 task chosen" : `${chosen.length} tasks chosen`}</span>
      <label htmlFor={id}>
        Reason, or who is to have them <input id={id} value={text} maxLength={10_000} onChange={(event) => setText(event.target.value)} />
      </label>
      {act("All done", { status: "done", ...(note && { note }) })}
      {act("Skip all", { status: "skipped", ...(note && { note }) })}
      {act("Assign all", { assignee: note }, !note)}
      <button type="button" onClick={onDone}>
        Choose none
      </button>
      {changes.error && <Failure error={changes.error} />}
    </section>
  );
}
