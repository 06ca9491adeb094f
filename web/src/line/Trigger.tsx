import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "react-router";
import { startJob } from "../api/client";
import { Failure } from "../screens/Answer";
import styles from "./Cord.module.css";

/** Starts a job by hand on the newest versions that satisfy its inputs, with a note. */
export function Trigger({ workspace, pipeline, job }: { workspace: string; pipeline: string; job: string }) {
  const client = useQueryClient();
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState("");
  const start = useMutation({
    mutationFn: () => startJob({ workspace, pipeline, job }, { note: note.trim() || null }),
    onSuccess: () => {
      setAsking(false);
      setNote("");
      return client.invalidateQueries({ queryKey: ["line", workspace, pipeline] });
    },
  });
  return (
    <div className={styles.cord}>
      {!asking && (
        <button type="button" onClick={() => setAsking(true)}>
          Start {job}
        </button>
      )}
      {asking && (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            start.mutate();
          }}
        >
          <label htmlFor={id}>Note</label>
          <input id={id} value={note} maxLength={500} placeholder="Why by hand" onChange={(event) => setNote(event.target.value)} />
          <button type="submit" data-weight="first" disabled={start.isPending}>
            Start on the newest versions
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            Not now
          </button>
        </form>
      )}
      {start.data && (
        <p role="status">
          Started. <Link to={`/w/${workspace}/runs/${start.data.run}`}>Open its run</Link>
        </p>
      )}
      {start.error && <Failure error={start.error} />}
    </div>
  );
}
