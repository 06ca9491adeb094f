import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Failure } from "../screens/Answer";
import styles from "./StopForm.module.css";

interface StopFormProps {
  /** What the button does: "Stop lint". */
  title: string;
  /** What the way back says. */
  keep?: string;
  /** The reasons to choose from; any words where there are none. */
  reasons?: readonly string[];
  /** Whether it goes without a reason. */
  isOptional?: boolean;
  stop: (reason: string) => Promise<void>;
}

/** A button that asks for a reason before it ends something. */
export function StopForm({ title, keep = "Keep it running", reasons = [], isOptional = false, stop }: StopFormProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState(reasons[0] ?? "");
  const stopping = useMutation({ mutationFn: () => stop(reason.trim()) });
  if (!asking) {
    return (
      <button type="button" onClick={() => setAsking(true)}>
        {title}
      </button>
    );
  }
  return (
    <form
      className={styles.stop}
      onSubmit={(event) => {
        event.preventDefault();
        stopping.mutate();
      }}
    >
      <label htmlFor={id}>Reason</label>
      {reasons.length > 0 ? (
        <select id={id} value={reason} onChange={(event) => setReason(event.target.value)}>
          {reasons.map((words) => (
            <option key={words}>{words}</option>
          ))}
        </select>
      ) : (
        <input id={id} value={reason} required={!isOptional} maxLength={200} onChange={(event) => setReason(event.target.value)} />
      )}
      <button type="submit" data-weight="first" disabled={stopping.isPending || stopping.isSuccess}>
        {title}
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        {keep}
      </button>
      {stopping.error && <Failure error={stopping.error} />}
    </form>
  );
}
