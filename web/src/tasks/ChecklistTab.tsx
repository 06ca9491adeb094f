import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { addTask, getTask, listChecklist } from "../api/client";
import type { JobRun, Task } from "../api/types";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { StatusMark } from "../status/StatusMark";
import { actorWords } from "../text/actors";
import { TaskActs } from "./TaskActs";
import { TaskBatch } from "./TaskBatch";
import styles from "./Tasks.module.css";
import { dueWords, entryWords, progressWords, taskLook, whoseWords } from "./taskWords";

/** A checklist with everything that can be done to it. */
export function ChecklistTab({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const tasks = useQuery({
    queryKey: [...keys.jobRun(jobRun.run, jobRun.id), "tasks"],
    queryFn: async ({ signal }) => (await listChecklist({ workspace, job_run: jobRun.id }, signal)).items,
  });
  const open = tasks.data?.some((task) => task.open_checklist) ?? false;
  const there = new Set(tasks.data?.filter((task) => task.may_change && task.status !== "done" && task.status !== "skipped").map(({ id }) => id));
  const counted = chosen.filter((id) => there.has(id));
  const progress = jobRun.tasks;
  return (
    <>
      {progress && (
        <>
          <p role="status">{progressWords(progress)}</p>
          <progress className={styles.progress} aria-label="Progress of the checklist" max={progress.total} value={progress.done + progress.skipped} />
        </>
      )}
      {tasks.error && <Failure error={tasks.error} retry={() => void tasks.refetch()} />}
      {tasks.isPending && <Loading />}
      <TaskBatch chosen={counted} workspace={workspace} onDone={() => setChosen([])} />
      <ul className={styles.list}>
        {tasks.data?.map((task) => (
          <ChecklistEntry
            key={task.id}
            task={task}
            workspace={workspace}
            chosen={counted.includes(task.id)}
            onChoose={there.has(task.id) ? (choose) => setChosen(choose ? [...counted, task.id] : counted.filter((id) => id !== task.id)) : null}
          />
        ))}
      </ul>
      {open && <AddTask jobRun={jobRun} workspace={workspace} />}
    </>
  );
}

interface EntryProps {
  task: Task;
  workspace: string;
  chosen: boolean;
  /** Absent where it cannot be chosen. */
  onChoose: ((choose: boolean) => void) | null;
}

function ChecklistEntry({ task, workspace, chosen, onChoose }: EntryProps) {
  const [shown, setShown] = useState(false);
  const due = dueWords(task);
  return (
    <li className={styles.task} data-task={task.name} data-overdue={task.overdue}>
      <div className={styles.line}>
        {onChoose && <input type="checkbox" aria-label={`Choose ${task.title}`} checked={chosen} onChange={(event) => onChoose(event.target.checked)} />}
        <StatusMark look={taskLook(task.status)} />
        <h2>{task.title}</h2>
        {task.optional && <span className="quiet">optional</span>}
        {task.added && <span className="quiet">added{task.added_by ? ` by ${task.added_by}` : ""}</span>}
        {due && (
          <span className={styles.due} data-overdue={task.overdue}>
            {due}
          </span>
        )}
      </div>
      <p>
        {whoseWords(task)}.{task.blocked_by.length > 0 && ` Waits for ${task.blocked_by.join(", ")}.`}
        {task.reason && ` ${task.reason}`}
      </p>
      {task.assignee_problem && <p className="quiet">{task.assignee_problem}</p>}
      {task.description && <p className={styles.text}>{task.description}</p>}
      <TaskActs task={task} workspace={workspace} />
      <div className={styles.line}>
        <button type="button" aria-expanded={shown} onClick={() => setShown(!shown)}>
          History and notes<span className="visually-hidden"> of {task.title}</span>
        </button>
      </div>
      {shown && <History task={task} workspace={workspace} />}
    </li>
  );
}

function History({ task, workspace }: { task: Task; workspace: string }) {
  const detail = useQuery({ queryKey: keys.task(task.id), queryFn: ({ signal }) => getTask({ workspace, task: task.id }, signal) });
  if (detail.isPending) return <Loading />;
  if (detail.error) return <Failure error={detail.error} />;
  return (
    <ol className={styles.history}>
      {detail.data.history.map((entry) => (
        <li key={`${entry.at} ${entry.kind} ${entry.now ?? ""} ${entry.note ?? ""}`}>
          <Moment at={entry.at} /> {actorWords(entry.actor)} {entryWords(entry)}
        </li>
      ))}
    </ol>
  );
}

function AddTask({ jobRun, workspace }: { jobRun: JobRun; workspace: string }) {
  const client = useQueryClient();
  const [title, setTitle] = useState("");
  const [assignee, setAssignee] = useState("");
  const [due, setDue] = useState("");
  const ids = [useId(), useId(), useId()];
  const add = useMutation({
    mutationFn: () =>
      addTask({ workspace, job_run: jobRun.id }, { title: title.trim(), description: null, assignee: assignee.trim() || null, due: due.trim() || null }),
    onSuccess: () => {
      setTitle("");
      setAssignee("");
      setDue("");
      return client.invalidateQueries({ queryKey: [...keys.run(jobRun.run)] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form className={styles.add} onSubmit={submit} aria-label="Add a task">
      <div className={styles.ask}>
        <label htmlFor={ids[0]}>
          Another task
          <input id={ids[0]} value={title} required maxLength={200} onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label htmlFor={ids[1]}>
          For (a member, or group:NAME)
          <input id={ids[1]} value={assignee} maxLength={110} onChange={(event) => setAssignee(event.target.value)} />
        </label>
        <label htmlFor={ids[2]}>
          Due (4h, or 2026-03-31)
          <input id={ids[2]} value={due} maxLength={40} onChange={(event) => setDue(event.target.value)} />
        </label>
        <button type="submit" disabled={add.isPending}>
          Add the task
        </button>
      </div>
      {add.error && <Failure error={add.error} />}
    </form>
  );
}
