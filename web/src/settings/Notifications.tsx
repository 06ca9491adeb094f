import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { getMyNotifications, getNotifications, setMyNotifications, setNotifications } from "../api/client";
import { ApiError } from "../api/request";
import type { NotificationRules, NotifyEvent, Preferences } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Command, Failure, Loading } from "../screens/Answer";
import { Field, Part, useWrite } from "./Part";
import { EVENTS, quietHoursOf } from "./preferences";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

/** What the reader wants to be told, and what the workspace tells whom. */
export function Notifications({ workspace }: PartProps) {
  return (
    <div className={styles.stack}>
      <Mine />
      <Rules workspace={workspace} />
    </div>
  );
}

const MINE = keys.settings("", "my-notifications");

function Mine() {
  const mine = useQuery({ queryKey: MINE, queryFn: ({ signal }) => getMyNotifications(signal) });
  return (
    <Part title="What I am told" about="By mail, in every workspace of mine. What a rule sends to an address or a channel is not touched by this.">
      {mine.error && <Failure error={mine.error} retry={() => void mine.refetch()} />}
      {mine.isPending && <Loading />}
      {mine.data && <MineForm key={JSON.stringify(mine.data)} known={mine.data} />}
    </Part>
  );
}

function MineForm({ known }: { known: Preferences }) {
  const [wishes, setWishes] = useState(known);
  const change = (part: Partial<Preferences>) => setWishes({ ...wishes, ...part });
  const set = useWrite(() => setMyNotifications(wishes), [MINE], () => "Kept: this is what you are told from now on.");
  const { quiet_hours: quiet = null } = wishes;
  const send = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(undefined);
  };
  return (
    <form className={styles.form} onSubmit={send}>
      <EventChoice title="Tell me of" chosen={wishes.events ?? []} onChange={(events) => change({ events })} />
      <label className={styles.check}>
        <input type="checkbox" checked={wishes.only_mine ?? true} onChange={({ target }) => change({ only_mine: target.checked })} />
        Only where I started the run or wrote what it carries
      </label>
      <EventChoice title="Never tell me of, whatever a rule says" chosen={wishes.muted ?? []} onChange={(muted) => change({ muted })} />
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={quiet !== null}
          onChange={({ target }) =>
            change(target.checked ? { quiet_hours: quietHoursOf() } : { quiet_hours: null, digest: wishes.digest === "quiet-hours" ? null : (wishes.digest ?? null) })
          }
        />
        Quiet hours
      </label>
      {quiet && (
        <div className={styles.beside}>
          <Field title="From">{(id) => <input id={id} type="time" required value={quiet.from} onChange={({ target }) => change({ quiet_hours: { ...quiet, from: target.value } })} />}</Field>
          <Field title="To">{(id) => <input id={id} type="time" required value={quiet.to} onChange={({ target }) => change({ quiet_hours: { ...quiet, to: target.value } })} />}</Field>
          <Field title="Time zone">{(id) => <input id={id} required value={quiet.timezone} onChange={({ target }) => change({ quiet_hours: { ...quiet, timezone: target.value } })} />}</Field>
        </div>
      )}
      <Field title="Together in one mail">
        {(id) => (
          <select id={id} value={wishes.digest ?? ""} onChange={({ target }) => change({ digest: target.value || null })}>
            <option value="">No, each at once</option>
            {quiet && <option value="quiet-hours">What falls in the quiet hours, at their end</option>}
            {[...new Set(["1h", "4h", "1d", ...(wishes.digest && wishes.digest !== "quiet-hours" ? [wishes.digest] : [])])].map((every) => (
              <option key={every} value={every}>
                Everything, every {every}
              </option>
            ))}
          </select>
        )}
      </Field>
      {set.error && <Failure error={set.error} />}
      <div className={styles.acts}>
        <button type="submit" data-weight="first" disabled={set.isPending}>
          Keep what I am told
        </button>
      </div>
    </form>
  );
}

function EventChoice({ title, chosen, onChange }: { title: string; chosen: readonly NotifyEvent[]; onChange: (chosen: NotifyEvent[]) => void }) {
  return (
    <fieldset className={styles.choices}>
      <legend>{title}</legend>
      {EVENTS.map(({ event, word }) => (
        <label key={event}>
          <input
            type="checkbox"
            checked={chosen.includes(event)}
            onChange={({ target }) => onChange(target.checked ? [...chosen, event] : chosen.filter((other) => other !== event))}
          />
          {word}
        </label>
      ))}
    </fieldset>
  );
}

function Rules({ workspace }: PartProps) {
  const key = keys.settings(workspace, "notifications");
  const rules = useQuery({ queryKey: key, queryFn: ({ signal }) => getNotifications({ workspace }, signal) });
  return (
    <Part title={`Rules of ${workspace}`} about="They hold for every pipeline of the workspace, beside the pipelines' own; pipelines: [NAME] narrows one.">
      {rules.error && <Failure error={rules.error} retry={() => void rules.refetch()} />}
      {rules.isPending && <Loading />}
      {rules.data && <RulesForm key={rules.data.text} workspace={workspace} known={rules.data} />}
    </Part>
  );
}

const EXAMPLE = "notify:\n  - { on: [broken, fixed], to: [authors] }\n  - { on: [awaiting-approval], to: [approvers] }";

function RulesForm({ workspace, known }: PartProps & { known: NotificationRules }) {
  const isAdmin = useMay(workspace, "admin");
  const [text, setText] = useState(known.text);
  const set = useWrite((asked: string) => setNotifications({ workspace }, asked), [keys.settings(workspace, "notifications")], () => "The rules hold from now on.");
  const diagnostics = set.error instanceof ApiError ? (set.error.problem?.diagnostics ?? []) : [];
  const send = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(text.trim() === "" ? "notify: []\n" : text);
  };
  return (
    <form className={styles.form} onSubmit={send}>
      {typeof known.updated_at === "number" && (
        <p className="quiet">
          Set by {known.updated_by}, <Moment at={known.updated_at} />.
        </p>
      )}
      {known.text === "" && (
        <>
          <p>There are none yet. This one tells authors when something breaks and is mended, and asks approvers:</p>
          <Command>{EXAMPLE}</Command>
        </>
      )}
      <Field title="Rules, as in a pipeline's notify">
        {(id) => <textarea id={id} className={styles.rules} rows={10} spellCheck={false} readOnly={!isAdmin} value={text} onChange={({ target }) => setText(target.value)} />}
      </Field>
      {set.error && <Failure error={set.error} />}
      {diagnostics.length > 0 && (
        <ul className={styles.diagnostics}>
          {diagnostics.map(({ line, column, message }) => (
            <li key={`${line}:${column}:${message}`}>
              Line {line}, column {column}: {message}
            </li>
          ))}
        </ul>
      )}
      {isAdmin && (
        <div className={styles.acts}>
          <button type="submit" data-weight="first" disabled={set.isPending || text === known.text}>
            Set the rules
          </button>
        </div>
      )}
    </form>
  );
}
