import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { getEnvironment, previewPromotion, promote, rollBack } from "../api/client";
import type { EnvironmentView, PreviewView } from "../api/schema";
import { Change } from "../kit/VersionChange";
import { Dialog } from "../kit/Dialog";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import styles from "./EnvironmentsPage.module.css";
import { valuesWords } from "./words";

export interface Wanted {
  kind: "promote" | "rollback";
  /** For a roll back the job run of a deployment; null for the newest set, or the last good deployment. */
  version: string | null;
}

interface PromotionProps {
  environment: EnvironmentView;
  workspace: string;
  wanted: Wanted;
  onClose: () => void;
}

/** Shows what would change before it is done. */
export function PromotionDialog({ environment, workspace, wanted, onClose }: PromotionProps) {
  const { pipeline, name } = environment;
  const id = useId();
  const [version, setVersion] = useState(wanted.version);
  const [note, setNote] = useState("");
  const client = useQueryClient();
  const notify = useNotify();
  const place = { workspace, pipeline, environment: name };
  const preview = useQuery({
    queryKey: keys.promotion(workspace, pipeline, name, wanted.kind, version ?? ""),
    queryFn: ({ signal }) => previewPromotion(place, { kind: wanted.kind, version }, signal),
    retry: false,
  });
  const act = useMutation({
    mutationFn: () => {
      const said = note.trim() || null;
      return wanted.kind === "promote" ? promote(place, { version, note: said }) : rollBack(place, { to: version, note: said });
    },
    onSuccess: ({ gates, job_runs: started }) => {
      const names = started.map(({ job, number }) => `${job} #${number}`).join(", ");
      notify(gates ? `${names} asks first; ${name} gets it once that is approved` : `${names} is on its way to ${name}`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.environments(workspace) }),
  });
  const verb = wanted.kind === "promote" ? "Promote" : "Roll back";
  return (
    <Dialog title={wanted.kind === "promote" ? `Promote to ${name}` : `Roll ${name} back`} onClose={onClose}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          act.mutate();
        }}
      >
        {wanted.kind === "promote" && <Choice environment={environment} workspace={workspace} version={version} onChoose={setVersion} />}
        {preview.isPending && <Loading />}
        {preview.error && <Failure error={preview.error} />}
        {preview.data && <Consequences preview={preview.data} name={name} />}
        <label htmlFor={id}>Why, for those who wonder</label>
        <input id={id} value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
        {act.error && <Failure error={act.error} />}
        <div className={styles.formActs}>
          <button type="submit" data-weight="first" disabled={act.isPending || !preview.data || preview.data.refused !== null}>
            {verb}
          </button>
          <button type="button" onClick={onClose}>
            Leave it
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Choice({ environment, workspace, version, onChoose }: { environment: EnvironmentView; workspace: string; version: string | null; onChoose: (version: string | null) => void }) {
  const id = useId();
  const { pipeline, name } = environment;
  const detail = useQuery({
    queryKey: keys.environment(workspace, pipeline, name),
    queryFn: ({ signal }) => getEnvironment({ workspace, pipeline, environment: name }, signal),
  });
  const offered = detail.data?.candidates.filter(({ version: own }, at) => at > 0 && own !== null) ?? [];
  return (
    <>
      <label htmlFor={id}>Versions</label>
      <select id={id} value={version ?? ""} onChange={(event) => onChoose(event.target.value || null)}>
        <option value="">Newest: {valuesWords(environment.behind.newest)}</option>
        {offered.map(({ version: own, values, current }) => (
          <option key={own} value={own ?? ""}>
            {valuesWords(values)}
            {current ? " (runs now)" : ""}
          </option>
        ))}
      </select>
    </>
  );
}

function Consequences({ preview, name }: { preview: PreviewView; name: string }) {
  const changed = preview.changes.filter((change) => change.changed);
  return (
    <>
      {changed.length === 0 ? (
        <p>All of it runs there already: it is deployed again.</p>
      ) : (
        <ul className={styles.changes} aria-label={`What changes in ${name}`}>
          {changed.map((change) => (
            <Change key={change.resource} change={change} />
          ))}
        </ul>
      )}
      <p>
        {preview.gates.length > 0
          ? `Asks at ${preview.gates.join(", ")} first; once that is approved, the job ${preview.job} runs.`
          : `The job ${preview.job} runs at once: no gate of its own stands before it.`}
      </p>
      {preview.refused !== null && <p className={styles.lock}>Not now: {preview.refused}.</p>}
    </>
  );
}
