import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { decideGate, type Decision } from "../api/calls";
import type { Gate } from "../api/types";
import { keys } from "../live/changes";
import { Failure } from "./Answer";
import { requirementWords } from "./gateWords";
import styles from "./GateForm.module.css";

interface GateFormProps {
  gate: Gate;
  job: string;
  run: string;
  workspace: string;
}

/** What a gate asks for, who has answered, and the two answers while it is open. */
export function GateForm({ gate, job, run, workspace }: GateFormProps) {
  return (
    <div className={styles.gate} data-gate={gate.id} data-status={gate.status}>
      <ul aria-label={`What ${job} requires`}>
        {gate.requirements.map((requirement) => (
          <li key={requirement.from.join(",")}>{requirementWords(requirement)}</li>
        ))}
      </ul>
      {gate.status === "open" ? <Decide gate={gate} job={job} run={run} workspace={workspace} /> : <p>This gate is {gate.status}.</p>}
    </div>
  );
}

function Decide({ gate, job, run, workspace }: GateFormProps) {
  const client = useQueryClient();
  const id = useId();
  const [comment, setComment] = useState("");
  const decide = useMutation({
    mutationFn: (decision: Decision) => decideGate(workspace, gate.id, decision, comment.trim()),
    onSettled: () => client.invalidateQueries({ queryKey: keys.run(run) }),
    onSuccess: () => setComment(""),
  });
  const refused = gate.may_decide ? null : (gate.why_not ?? "You may not decide this gate.");
  const disabled = refused !== null || decide.isPending;
  const describedBy = refused === null ? undefined : `${id}-why`;
  return (
    <form className={styles.decide} onSubmit={(event) => event.preventDefault()}>
      <label htmlFor={id}>Comment</label>
      <textarea id={id} rows={2} maxLength={4000} disabled={refused !== null} value={comment} onChange={(event) => setComment(event.target.value)} />
      {refused !== null && (
        <p id={`${id}-why`} className="quiet">
          {refused}
        </p>
      )}
      {decide.error && <Failure error={decide.error} />}
      <div className={styles.buttons}>
        <button type="button" data-weight="first" disabled={disabled} aria-describedby={describedBy} onClick={() => decide.mutate("approve")}>
          Approve {job}
        </button>
        <button type="button" disabled={disabled} aria-describedby={describedBy} onClick={() => decide.mutate("reject")}>
          Reject {job}
        </button>
      </div>
    </form>
  );
}
