import { Link } from "react-router";
import type { Version } from "../api/types";
import { useMay } from "../app/role";
import { ListTable, type Column } from "../kit/ListTable";
import { Moment } from "../kit/Moment";
import { actorWords } from "../text/actors";
import { describeVersion, formatVersion } from "../text/versions";
import type { Place } from "./ResourcePage";
import styles from "./ResourcePage.module.css";
import { VersionActs } from "./VersionActs";

interface VersionTableProps {
  place: Place;
  versions: readonly Version[];
  /** The version that the resource is pinned to. */
  pinned: string | null;
  /** The version whose lineage stands beside the table. */
  opened: string | null;
  open: (version: string | null) => void;
}

const COLUMNS: readonly Column[] = ["Version", "Origin", "By", { title: "Arrived", is: "number" }, { title: "Acts", is: "acts" }];

export function VersionTable({ place, versions, pinned, opened, open }: VersionTableProps) {
  const mayOperate = useMay(place.workspace, "operator");
  return (
    <ListTable className={styles.table} columns={COLUMNS}>
      {versions.map((version) => (
        <tr key={version.id} data-version={version.id} data-enabled={version.enabled} data-opened={version.id === opened}>
          <td className={styles.version}>
            <Name version={version} pinned={version.id === pinned} />
          </td>
          <td data-label="Origin">
            {version.made_by ? <Link to={`/w/${place.workspace}/job-runs/${version.made_by}`}>{version.origin}</Link> : version.origin}
          </td>
          <td data-label="By">{version.metadata.author ?? actorWords(version.actor)}</td>
          <td data-label="Arrived" className="number">
            <Moment at={version.created_at} />
          </td>
          <td className={styles.acts}>
            <button type="button" aria-pressed={version.id === opened} onClick={() => open(version.id === opened ? null : version.id)}>
              Lineage
            </button>
            {mayOperate && <VersionActs place={place} version={version} pinned={version.id === pinned} />}
          </td>
        </tr>
      ))}
    </ListTable>
  );
}

function Name({ version, pinned }: { version: Version; pinned: boolean }) {
  const message = version.metadata.message?.split("\n")[0];
  return (
    <>
      <code title={describeVersion(version.values)}>{formatVersion(version.values)}</code>
      {pinned && <strong className={styles.mark}> pinned</strong>}
      {!version.enabled && <strong className={styles.mark}> disabled</strong>}
      {message && <p>{message}</p>}
      {version.disabled_reason && <p className="quiet">{version.disabled_reason}</p>}
    </>
  );
}
