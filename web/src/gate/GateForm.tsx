import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "react-router";
import { decideGate } from "../api/client";
import type { DecisionKind, Gate } from "../api/types";
import { keys } from "../live/changes";
import { formatMoment } from "../text/time";
import { Failure } from "../screens/Answer";
import { Decisions } from "./Decisions";
import { closedWords, requirementWords } from "./gateWords";
import styles from "./GateForm.module.css";

interface GateFormProps {
  gate: Gate;
  job: string;
  run: string;
  workspace: string;
}

// As many characters as the server takes.
const LONGEST_COMMENT = 10_000;

/** What a gate asks for, who has answered, and the two answers while it is open; the gate's own page has the evidence. */
export function GateForm({ gate, job, run, workspace }: GateFormProps) {
  const page = `/w/${workspace}/gates/${gate.id}`;
  return (
    <div className={styles.gate} data-gate={gate.id} data-status={gate.status}>
      <ul aria-label={`What ${job} requires`}>
        {gate.requirements.map((requirement) => (
          <li key={requirement.from.join(",")}>{requirementWords(requirement)}</li>
        ))}
      </ul>
      <Decisions decisions={gate.decisions} job={job} />
      {gate.status === "open" ? (
        <>
          {gate.deadline_at !== null && <p className="quiet">Open until {formatMoment(gate.deadline_at)}.</p>}
          <p>
            <Link to={page}>{gate.form ? `See the evidence, answer the form and decide ${job}` : `See the evidence of ${job}`}</Link>
          </p>
          {!gate.form && <Decide gate={gate} job={job} run={run} workspace={workspace} />}
        </>
      ) : (
        <>
          {isDecided(gate) || <p title={gate.closed_at === null ? undefined : formatMoment(gate.closed_at)}>{closedWords(gate.status)}.</p>}
          <p>
            <Link to={page}>Evidence of {job}</Link>
          </p>
        </>
      )}
    </div>
  );
}

/** Whether the decisions alone say how it was closed. */
function isDecided({ status, decisions }: Gate): boolean {
  return decisions.length > 0 && (status === "approved" || status === "rejected");
}

function Decide({ gate, job, run, workspace }: GateFormProps) {
  const client = useQueryClient();
  const id = useId();
  const [comment, setComment] = useState("");
  const decide = useMutation({
    mutationFn: (decision: DecisionKind) => decideGate({ workspace, gate: gate.id }, { decision, comment: comment.trim() || null, digest: gate.digest }),
    onSettled: () => Promise.all([keys.run(run), keys.gate(gate.id), ["inbox"]].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
    onSuccess: () => setComment(""),
  });
  const refused = gate.may_decide ? null : (gate.why_not ?? "You may not decide this gate.");
  const disabled = refused !== null || decide.isPending;
  const describedBy = refused === null ? undefined : `${id}-why`;
  return (
    <form className={styles.decide} onSubmit={(event) => event.preventDefault()}>
      <label htmlFor={id}>Comment</label>
      <textarea id={id} rows={2} maxLength={LONGEST_COMMENT} disabled={refused !== null} value={comment} onChange={(event) => setComment(event.target.value)} />
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
