import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { CopyButton } from "../kit/CopyButton";
import { Dialog } from "../kit/Dialog";
import { TableHead } from "../kit/ListTable";
import { useNotify } from "../kit/Notices";
import type { Key } from "../live/changes";
import { Failure } from "../screens/Answer";
import styles from "./SettingsPage.module.css";

/** One part of the settings: what it is about, and its act in the corner. */
export function Part({ title, about, act, children }: { title: string; about: ReactNode; act?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.part} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {act}
      </div>
      <p className="quiet">{about}</p>
      {children}
    </section>
  );
}

/** Writes, makes what it touches stale, and says that it is done. */
export function useWrite<A, T>(write: (asked: A) => Promise<T>, stale: readonly Key[], said: (asked: A) => string | null, done?: (answer: T) => void) {
  const client = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: write,
    onSuccess: (answer, asked) => {
      const words = said(asked);
      if (words !== null) notify(words);
      done?.(answer);
      return Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}

interface AskFirstProps {
  /** On the button, and in the dialog. */
  label: string;
  title: string;
  keep: string;
  /** What will happen. */
  children: ReactNode;
  act: () => Promise<unknown>;
}

/** An act that cannot be taken back is asked for first. */
export function AskFirst({ label, title, keep, children, act }: AskFirstProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {label}
        <span className="visually-hidden"> {title}</span>
      </button>
      {open && (
        <FormDialog title={title} act={label} keep={keep} submit={act} onClose={() => setOpen(false)}>
          <p>{children}</p>
        </FormDialog>
      )}
    </>
  );
}

interface FormDialogProps {
  title: string;
  act: string;
  keep?: string;
  /** When it is done, the dialog closes. */
  submit: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog({ title, act, keep = "Cancel", submit, onClose, children }: FormDialogProps) {
  const sending = useMutation({ mutationFn: submit, onSuccess: onClose });
  const send = (event: FormEvent) => {
    event.preventDefault();
    sending.mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={styles.form} onSubmit={send}>
        {children}
        {sending.error && <Failure error={sending.error} />}
        <div className={styles.acts}>
          <button type="submit" data-weight="first" disabled={sending.isPending}>
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

/** A labelled field of a form. */
export function Field({ title, hint, children }: { title: string; hint?: ReactNode; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{title}</label>
      {children(id)}
      {hint !== undefined && <span className="quiet">{hint}</span>}
    </div>
  );
}

/** What the server tells this once. */
export function ShownOnce({ title, text, children, onClose }: { title: string; text: string; children: ReactNode; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={styles.form}>
        <p>{children}</p>
        <code className={styles.once}>{text}</code>
        <div className={styles.acts}>
          <CopyButton text={text} label="Copy" />
          <button type="button" data-weight="first" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** A list that a phone shows as blocks. */
export function Table({ columns, children }: { columns: readonly string[]; children: ReactNode }) {
  return (
    <table className={styles.table}>
      <TableHead columns={columns.map((name) => (name === "" ? { title: "What can be done", is: "acts" } : name))} />
      <tbody>{children}</tbody>
    </table>
  );
}
