import { useId, useState, type FormEvent } from "react";
import type { PatchTask, Task } from "../api/types";
import { Failure } from "../screens/Answer";
import styles from "./Tasks.module.css";
import { useTaskChange } from "./useTaskChange";

type Asking = "skipped" | "on-hold" | "note" | "assign";

const QUESTIONS: Record<Asking, { label: string; act: string; required: (task: Task) => boolean; change: (text: string) => PatchTask }> = {
  skipped: { label: "Why it is skipped", act: "Skip it", required: (task) => task.reason_required, change: (note) => ({ status: "skipped", ...(note && { note }) }) },
  "on-hold": { label: "What it waits for", act: "Put it on hold", required: () => false, change: (note) => ({ status: "on-hold", ...(note && { note }) }) },
  note: { label: "Note", act: "Add the note", required: () => true, change: (note) => ({ note }) },
  assign: { label: "user:NAME, group:NAME or a member", act: "Give it to them", required: () => true, change: (assignee) => ({ assignee }) },
};

/** What the reader may do to a task; why not, where they may not. */
export function TaskActs({ task, workspace }: { task: Task; workspace: string }) {
  const change = useTaskChange(workspace, task);
  const [asking, setAsking] = useState<Asking | null>(null);
  if (!task.may_change) return task.why_not ? <p className="quiet">{task.why_not}</p> : null;
  const closed = task.status === "done" || task.status === "skipped";
  const blocked = task.blocked_by.length > 0;
  const act = (words: string, body: PatchTask, disabled = false) => (
    <button type="button" disabled={change.isPending || disabled} title={disabled ? `It waits for ${task.blocked_by.join(", ")}` : undefined} onClick={() => change.mutate(body)}>
      {words}
      <span className="visually-hidden"> {task.title}</span>
    </button>
  );
  const ask = (words: string, what: Asking) => (
    <button type="button" aria-expanded={asking === what} onClick={() => setAsking(asking === what ? null : what)}>
      {words}
      <span className="visually-hidden"> {task.title}</span>
    </button>
  );
  return (
    <>
      <div className={styles.line}>
        {closed ? (
          act("Open again", { status: "open" })
        ) : (
          <>
            {act("Done", { status: "done" }, blocked)}
            {task.status === "open" && act("Begin", { status: "in-progress" }, blocked)}
            {task.status === "on-hold" ? act("Take up again", { status: "open" }) : ask("Hold", "on-hold")}
            {ask("Skip", "skipped")}
            {task.claimed_by ? task.mine && act("Give back", { claim: false }) : act("I look after it", { claim: true })}
            {ask("Assign", "assign")}
          </>
        )}
        {ask("Note", "note")}
      </div>
      {asking && (
        <Ask
          key={asking}
          asking={asking}
          task={task}
          busy={change.isPending}
          onAnswer={(text) => change.mutate(QUESTIONS[asking].change(text), { onSuccess: () => setAsking(null) })}
          onClose={() => setAsking(null)}
        />
      )}
      {change.error && <Failure error={change.error} />}
    </>
  );
}

interface AskProps {
  asking: Asking;
  task: Task;
  busy: boolean;
  onAnswer: (text: string) => void;
  onClose: () => void;
}

function Ask({ asking, task, busy, onAnswer, onClose }: AskProps) {
  const [text, setText] = useState("");
  const id = useId();
  const { label, act, required } = QUESTIONS[asking];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAnswer(text.trim());
  };
  return (
    <form className={styles.ask} onSubmit={submit}>
      <label htmlFor={id}>
        {label}
        <input id={id} value={text} required={required(task)} maxLength={10_000} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" data-weight="first" disabled={busy}>
        {act}
      </button>
      <button type="button" onClick={onClose}>
        Leave it
      </button>
    </form>
  );
}
