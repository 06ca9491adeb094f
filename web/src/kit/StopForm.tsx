import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Failure } from "../screens/Answer";
import styles from "./StopForm.module.css";

interface StopFormProps {
  /** What the button does: "Stop lint". */
  title: string;
  stop: (reason: string | null) => Promise<void>;
}

/** A button that asks for a reason before it stops something. */
export function StopForm({ title, stop }: StopFormProps) {
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const stopping = useMutation({ mutationFn: () => stop(reason.trim() || null) });
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
      <input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      <button type="submit" data-weight="first" disabled={stopping.isPending || stopping.isSuccess}>
        {title}
      </button>
      <button type="button" onClick={() => setAsking(false)}>
        Keep it running
      </button>
      {stopping.error && <Failure error={stopping.error} />}
    </form>
  );
}
