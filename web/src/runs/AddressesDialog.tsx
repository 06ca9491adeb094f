import { useQuery } from "@tanstack/react-query";
import { getRun, listRunners } from "../api/client";
import { CopyButton } from "../kit/CopyButton";
import { Dialog } from "../kit/Dialog";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { runTitle } from "../screens/runList";
import { listUsedRunners } from "./addresses";
import type { RunDialogProps } from "./RunDialogs";
import styles from "./RunDialogs.module.css";

/** From which addresses a run's work was done: what a firewall or an allow list has to know. */
export function AddressesDialog({ run, onClose }: RunDialogProps) {
  const { workspace } = run;
  const detail = useQuery({ queryKey: keys.run(run.id), queryFn: ({ signal }) => getRun({ workspace, run: run.id }, signal) });
  const runners = useQuery({ queryKey: keys.runners(workspace), queryFn: async ({ signal }) => (await listRunners({ workspace }, signal)).items });
  const error = detail.error ?? runners.error;
  const used = detail.data && runners.data ? listUsedRunners(detail.data.job_run_list, runners.data) : null;
  const addresses = [...new Set((used ?? []).flatMap(({ address }) => (address === null ? [] : [address])))];
  return (
    <Dialog title={`Runner addresses of ${runTitle(run)}`} onClose={onClose}>
      {error && <Failure error={error} />}
      {!error && used === null && <Loading />}
      {used?.length === 0 && <p>No runner has taken anything of it.</p>}
      {used && used.length > 0 && (
        <ul className={styles.addresses}>
          {used.map(({ name, address, jobs }) => (
            <li key={name}>
              <code>{address ?? "address not known"}</code>
              <span>{name}</span>
              <span className="quiet">{jobs.join(", ")}</span>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.acts}>
        {addresses.length > 0 && <CopyButton text={addresses.join("\n")} label="Copy the addresses" />}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
