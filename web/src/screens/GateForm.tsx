import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useLocation } from "react-router";
import { decideByGateLink, decideGate } from "../api/calls";
import type { DecisionKind, Gate, GateDecision } from "../api/types";
import { useNow } from "../live/clock";
import { keys } from "../live/changes";
import { formatAge, formatMoment } from "../text/time";
import { Failure } from "./Answer";
import { closedWords, decisionWords, requirementWords } from "./gateWords";
import styles from "./GateForm.module.css";

interface GateFormProps {
  gate: Gate;
  job: string;
  run: string;
  workspace: string;
}

// As many characters as the server takes.
const LONGEST_COMMENT = 10_000;

/** What a gate asks for, who has answered, and the two answers while it is open. */
export function GateForm({ gate, job, run, workspace }: GateFormProps) {
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
          <Decide gate={gate} job={job} run={run} workspace={workspace} />
        </>
      ) : (
        isDecided(gate) || <p title={gate.closed_at === null ? undefined : formatMoment(gate.closed_at)}>{closedWords(gate.status)}.</p>
      )}
    </div>
  );
}

/** Whether the decisions alone say how it was closed. */
function isDecided({ status, decisions }: Gate): boolean {
  return decisions.length > 0 && (status === "approved" || status === "rejected");
}

function Decisions({ decisions, job }: { decisions: readonly GateDecision[]; job: string }) {
  const now = useNow(false);
  if (decisions.length === 0) return null;
  return (
    <ul className={styles.decisions} aria-label={`Decisions on ${job}`}>
      {decisions.map((decision) => (
        <li key={`${decision.user} ${decision.at}`}>
          {decisionWords(decision)}{" "}
          <span className="quiet" title={formatMoment(decision.at)}>
            {formatAge(decision.at, now)}
          </span>
          {decision.comment && <p className={styles.comment}>{decision.comment}</p>}
        </li>
      ))}
    </ul>
  );
}

/** The token of the mail whose link led here, if it is about this gate. */
function useLinkToken(gate: string): string | null {
  const state = useLocation().state as { gateLink?: { gate: string; token: string } } | null;
  return state?.gateLink?.gate === gate ? state.gateLink.token : null;
}

function Decide({ gate, job, run, workspace }: GateFormProps) {
  const client = useQueryClient();
  const id = useId();
  const token = useLinkToken(gate.id);
  const [comment, setComment] = useState("");
  const decide = useMutation({
    mutationFn: (decision: DecisionKind) =>
      token === null ? decideGate(workspace, gate.id, decision, comment.trim()) : decideByGateLink(token, decision, comment.trim()),
    onSettled: () => client.invalidateQueries({ queryKey: keys.run(run) }),
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
