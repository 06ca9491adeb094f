import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { enableVersion, pinResource, unpinResource } from "../api/client";
import type { Version } from "../api/types";
import { Dialog } from "../kit/Dialog";
import { useNotify } from "../kit/Notices";
import { Failure } from "../screens/Answer";
import { formatVersion } from "../text/versions";
import type { Place } from "./ResourcePage";
import styles from "./ResourcePage.module.css";

type Act = "pin" | "unpin" | "disable" | "enable";

interface Wanted {
  act: Act;
  reason: string | null;
  isUndo?: boolean;
}

const UNDOES: Record<Act, Act> = { pin: "unpin", unpin: "pin", disable: "enable", enable: "disable" };

function useActs(place: Place, version: Version) {
  const client = useQueryClient();
  const notify = useNotify();
  const name = `${place.resource} ${formatVersion(version.values)}`;
  const said: Record<Act, string> = {
    pin: `Pinned to ${name}`,
    unpin: `${place.resource} is not pinned any more`,
    disable: `Disabled ${name}: no job takes it by itself`,
    enable: `Enabled ${name}`,
  };
  const acts = useMutation({
    mutationFn: ({ act, reason }: Wanted) => {
      if (act === "pin") return pinResource(place, { version: version.id, comment: reason });
      if (act === "unpin") return unpinResource(place);
      return enableVersion({ ...place, version: version.id }, { enabled: act === "enable", reason });
    },
    onSuccess: (_answer, { act, isUndo }) => {
      notify(said[act], isUndo ? undefined : () => acts.mutate({ act: UNDOES[act], reason: null, isUndo: true }));
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["line", place.workspace, place.pipeline] }),
  });
  return acts;
}

/** Pin and disable ask why; their opposites do not. All can be undone. */
export function VersionActs({ place, version, pinned }: { place: Place; version: Version; pinned: boolean }) {
  const [asking, setAsking] = useState<"pin" | "disable" | null>(null);
  const acts = useActs(place, version);
  const name = formatVersion(version.values);
  return (
    <>
      {pinned ? (
        <button type="button" disabled={acts.isPending} onClick={() => acts.mutate({ act: "unpin", reason: null })}>
          Unpin
        </button>
      ) : (
        <button type="button" aria-label={`Pin ${name}`} disabled={acts.isPending} onClick={() => setAsking("pin")}>
          Pin
        </button>
      )}
      {version.enabled ? (
        <button type="button" aria-label={`Disable ${name}`} disabled={acts.isPending} onClick={() => setAsking("disable")}>
          Disable
        </button>
      ) : (
        <button type="button" aria-label={`Enable ${name}`} disabled={acts.isPending} onClick={() => acts.mutate({ act: "enable", reason: null })}>
          Enable
        </button>
      )}
      {acts.error && <Failure error={acts.error} />}
      {asking !== null && (
        <Why
          act={asking}
          name={`${place.resource} ${name}`}
          onClose={() => setAsking(null)}
          onAct={(reason) => {
            acts.mutate({ act: asking, reason });
            setAsking(null);
          }}
        />
      )}
    </>
  );
}

interface WhyProps {
  act: "pin" | "disable";
  name: string;
  onAct: (reason: string | null) => void;
  onClose: () => void;
}

const MEANS = {
  pin: "Every job takes this version and no other until the pin is taken away.",
  disable: "No job takes this version by itself any more; what runs on it goes on.",
};

function Why({ act, name, onAct, onClose }: WhyProps) {
  const id = useId();
  const [reason, setReason] = useState("");
  const verb = act === "pin" ? "Pin" : "Disable";
  return (
    <Dialog title={act === "pin" ? `Pin to ${name}` : `Disable ${name}`} onClose={onClose}>
      <form
        className={styles.why}
        onSubmit={(event) => {
          event.preventDefault();
          onAct(reason.trim() || null);
        }}
      >
        <p>{MEANS[act]}</p>
        <label htmlFor={id}>Reason, for those who wonder</label>
        <input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        <div className={styles.whyActs}>
          <button type="submit" data-weight="first">
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
