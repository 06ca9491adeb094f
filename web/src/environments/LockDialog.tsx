import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { lockEnvironment, unlockEnvironment } from "../api/client";
import type { EnvironmentView } from "../api/schema";
import { Dialog } from "../kit/Dialog";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import styles from "./EnvironmentsPage.module.css";
import { LOCK_ENDS } from "./words";

interface LockProps {
  environment: EnvironmentView;
  workspace: string;
  onClose: () => void;
}

/** Asks why nothing is to be deployed there, and for how long. */
export function LockDialog({ environment: { pipeline, name }, workspace, onClose }: LockProps) {
  const id = useId();
  const [reason, setReason] = useState("");
  const [end, setEnd] = useState(0);
  const client = useQueryClient();
  const notify = useNotify();
  const place = { workspace, pipeline, environment: name };
  const refresh = () => client.invalidateQueries({ queryKey: keys.environments(workspace) });
  const lock = useMutation({
    mutationFn: () => {
      const ms = LOCK_ENDS[end]?.ms ?? null;
      return lockEnvironment(place, { reason: reason.trim(), until: ms === null ? null : Date.now() + ms });
    },
    onSuccess: () => {
      const undo = () => void unlockEnvironment(place, { reason: "locked by mistake" }).then(refresh, refresh);
      notify(`Locked ${name}: nothing is deployed there, nothing is lost`, undo);
      onClose();
    },
    onSettled: refresh,
  });
  return (
    <Dialog title={`Lock ${name}`} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          lock.mutate();
        }}
      >
        <p>Nothing is deployed there until it is unlocked; then the newest versions go on. What runs already goes on.</p>
        <label htmlFor={id}>Reason, for those who wait</label>
        <input id={id} value={reason} required maxLength={500} onChange={(event) => setReason(event.target.value)} />
        <label htmlFor={`${id}-end`}>How long</label>
        <select id={`${id}-end`} value={end} onChange={(event) => setEnd(Number(event.target.value))}>
          {LOCK_ENDS.map((each, at) => (
            <option key={each.name} value={at}>
              {each.name}
            </option>
          ))}
        </select>
        {lock.error && <Failure error={lock.error} />}
        <div className={styles.formActs}>
          <button type="submit" data-weight="first" disabled={lock.isPending || reason.trim() === ""}>
            Lock
          </button>
          <button type="button" onClick={onClose}>
            Leave it open
          </button>
        </div>
      </form>
    </Dialog>
  );
}
