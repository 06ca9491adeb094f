import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useMemo, useState } from "react";
import { useLocation } from "react-router";
import { breakGate, decideByGateLink, decideGate } from "../api/client";
import type { DecisionKind, GateDetail } from "../api/types";
import { Dialog } from "../kit/Dialog";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { FormFields } from "./FormFields";
import { readAnswers, readFields, type Typed } from "./formFields";
import type { GateLinkState } from "./GateLinkPage";
import styles from "./GatePage.module.css";
import { approveEffect, CHANGES_EFFECT, rejectEffect, REVOKE_EFFECT, sourceWords, type Effect } from "./gateWords";

// As many characters as the server takes.
const LONGEST_COMMENT = 10_000;

/** What the reader can do, in words, last on the page; a button that cannot be pressed says why. */
export function Decide({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const id = useId();
  const fields = useMemo(() => readFields(gate.form), [gate.form]);
  const [comment, setComment] = useState("");
  const [typed, setTyped] = useState<Typed>({});
  const [tried, setTried] = useState(false);
  const { answers, wrong } = readAnswers(fields, typed);
  const decide = useDecide(gate, workspace, () => {
    setComment("");
    setTried(false);
  });
  const refused = gate.may_decide ? null : (gate.why_not ?? "You may not decide this gate.");
  const mayAct = gate.may_decide || gate.may_reject === true;

  function send(decision: DecisionKind): void {
    const isApproval = decision === "approve";
    setTried(isApproval);
    if (isApproval && Object.keys(wrong).length > 0) return;
    decide.mutate({ decision, comment: comment.trim() || null, digest: gate.digest, form: isApproval && fields.length > 0 ? answers : null });
  }

  return (
    <section aria-labelledby={`${id}-title`} className={styles.decide}>
      <h2 id={`${id}-title`}>Your decision</h2>
      {fields.length > 0 && gate.may_decide && (
        <FormFields fields={fields} typed={typed} wrong={tried ? wrong : {}} onChange={(name, text) => setTyped({ ...typed, [name]: text })} />
      )}
      {mayAct && (
        <div className={styles.field}>
          <label htmlFor={id}>Comment</label>
          <textarea id={id} rows={3} maxLength={LONGEST_COMMENT} value={comment} onChange={(event) => setComment(event.target.value)} />
        </div>
      )}
      {decide.error && <Failure error={decide.error} />}
      <div className={styles.acts}>
        <Act effect={approveEffect(gate, gate.evidence)} refused={refused} first busy={decide.isPending} onAct={() => send("approve")} />
        <Act
          effect={rejectEffect(gate, gate.evidence.environment)}
          refused={gate.may_reject ? null : refused}
          busy={decide.isPending}
          onAct={() => send("reject")}
        />
        <Act effect={CHANGES_EFFECT} refused={gate.may_reject ? null : refused} busy={decide.isPending} onAct={() => send("request-changes")} />
        {gate.may_revoke && <Act effect={REVOKE_EFFECT} refused={null} busy={decide.isPending} onAct={() => send("revoke")} />}
      </div>
      {gate.evidence.break_glass.length > 0 && <BreakGlass gate={gate} workspace={workspace} />}
    </section>
  );
}

/** The token of the mail whose link led here, if it is about this gate. */
function useLinkToken(gate: string): string | null {
  const state = useLocation().state as GateLinkState | null;
  return state?.gateLink?.gate === gate ? state.gateLink.token : null;
}

function useDecide(gate: GateDetail, workspace: string, onDone: () => void) {
  const client = useQueryClient();
  const token = useLinkToken(gate.id);
  return useMutation({
    mutationFn: (body: { decision: DecisionKind; comment: string | null; digest: string; form: Record<string, unknown> | null }) =>
      token === null || body.decision === "revoke" ? decideGate({ workspace, gate: gate.id }, body) : decideByGateLink({ token, decision: body }),
    onSuccess: onDone,
    onSettled: () =>
      Promise.all([keys.gate(gate.id), ["inbox"], keys.run(gate.run)].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
}

interface ActProps {
  effect: Effect;
  /** Why it cannot be pressed; null where it can. */
  refused: string | null;
  first?: boolean;
  busy: boolean;
  onAct: () => void;
}

function Act({ effect, refused, first = false, busy, onAct }: ActProps) {
  return (
    <button type="button" className={styles.act} data-weight={first ? "first" : undefined} disabled={refused !== null || busy} onClick={onAct}>
      <span className={styles.name}>{effect.act}</span>
      <span className={styles.what}>{refused ?? effect.what}</span>
    </button>
  );
}

/** In an emergency: opens it alone, with a reason that somebody else reviews. */
function BreakGlass({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const client = useQueryClient();
  const id = useId();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const open = useMutation({
    mutationFn: () => breakGate({ workspace, gate: gate.id }, { reason: reason.trim() }),
    onSuccess: () => setAsking(false),
    onSettled: () => Promise.all([keys.gate(gate.id), ["inbox"]].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  return (
    <p className={styles.glass}>
      <span className="quiet">In an emergency {sourceWords(gate.evidence.break_glass)} may open it alone; somebody else reviews why. </span>
      <button type="button" onClick={() => setAsking(true)}>
        Open it alone
      </button>
      {asking && (
        <Dialog title={`Open ${gate.job} alone`} onClose={() => setAsking(false)}>
          <p>It passes at once, without the approvals it asks for. Everybody sees that you did so and why, until somebody else has reviewed it.</p>
          <form
            className={styles.review}
            onSubmit={(event) => {
              event.preventDefault();
              open.mutate();
            }}
          >
            <label htmlFor={id}>Reason</label>
            <textarea id={id} rows={3} required maxLength={LONGEST_COMMENT} value={reason} onChange={(event) => setReason(event.target.value)} />
            {open.error && <Failure error={open.error} />}
            <div className={styles.acts}>
              <button type="submit" data-weight="first" disabled={open.isPending || reason.trim() === ""}>
                Open it alone
              </button>
              <button type="button" onClick={() => setAsking(false)}>
                Leave it closed
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </p>
  );
}
