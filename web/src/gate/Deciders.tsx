import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { getMe, reviewGate } from "../api/client";
import type { GateDetail } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { Decisions } from "./Decisions";
import styles from "./GatePage.module.css";
import { requirementWords } from "./gateWords";

/** What the rules ask for, who has decided, who still may, and whose word does not count here. */
export function Deciders({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const { may_still_approve: left, excluded, broken, waits_for: waits } = gate.evidence;
  const without = Object.entries(excluded);
  return (
    <section aria-labelledby="gate-deciders">
      <h2 id="gate-deciders">Who decides</h2>
      <ul aria-label={`What ${gate.job} requires`}>
        {gate.requirements.map((requirement) => (
          <li key={requirement.from.join(",")}>{requirementWords(requirement)}</li>
        ))}
      </ul>
      <Decisions decisions={gate.decisions} job={gate.job} />
      {gate.status === "open" && !gate.approved && (
        <p className="quiet">{left.length === 0 ? "Nobody else may approve it now." : `May still approve: ${left.join(", ")}.`}</p>
      )}
      {without.length > 0 && (
        <p className="quiet">
          Not counted:{" "}
          {without.map(([name, why]) => `${name} (${why})`).join(", ")}.
        </p>
      )}
      {gate.status === "open" && waits.length > 0 && (
        <div className={styles.waits}>
          <p>It waits for:</p>
          <ul>
            {waits.map((wait) => (
              <li key={wait}>{wait}</li>
            ))}
          </ul>
        </div>
      )}
      {broken && <Broken gate={gate} workspace={workspace} />}
    </section>
  );
}

/** It was opened alone; somebody else looks at why. */
function Broken({ gate, workspace }: { gate: GateDetail; workspace: string }) {
  const client = useQueryClient();
  const id = useId();
  const may = useMay(workspace, "operator");
  const [comment, setComment] = useState("");
  const review = useMutation({
    mutationFn: () => reviewGate({ workspace, gate: gate.id }, { comment: comment.trim() || null }),
    onSettled: () => Promise.all([keys.gate(gate.id), ["inbox"]].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  const { broken } = gate.evidence;
  if (!broken) return null;
  const isOwn = me.data?.user?.name === broken.by;
  return (
    <div className={styles.broken}>
      <p>
        <strong>{broken.by} opened it alone:</strong> {broken.reason}
      </p>
      {broken.reviewed_by && (
        <p>
          Reviewed by {broken.reviewed_by}
          {broken.reviewed_at && (
            <>
              {" "}
              <Moment at={broken.reviewed_at} />
            </>
          )}
          {broken.review_comment && `: ${broken.review_comment}`}
        </p>
      )}
      {!broken.reviewed_by && isOwn && <p className="quiet">Somebody else reviews it.</p>}
      {!broken.reviewed_by && may && !isOwn && (
        <form
          className={styles.review}
          onSubmit={(event) => {
            event.preventDefault();
            review.mutate();
          }}
        >
          <label htmlFor={id}>What the review found</label>
          <textarea id={id} rows={2} maxLength={10_000} value={comment} onChange={(event) => setComment(event.target.value)} />
          <button type="submit" disabled={review.isPending}>
            Note that I have reviewed it
          </button>
          {review.error && <Failure error={review.error} />}
        </form>
      )}
    </div>
  );
}
