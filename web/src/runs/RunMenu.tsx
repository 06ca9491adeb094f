import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { ListedRun } from "../api/calls";
import { rerunRun } from "../api/client";
import { useMay } from "../app/role";
import { Menu, MenuAct } from "../kit/Menu";
import { useNotify } from "../kit/Notices";
import { keys } from "../live/changes";
import { runTitle } from "../screens/runList";
import { isActiveRun } from "../status/status";
import { AddressesDialog } from "./AddressesDialog";
import { CopyPipelineDialog, DeleteDialog, RenameDialog, RestoreDialog } from "./RunDialogs";

const DIALOGS = { rename: RenameDialog, restore: RestoreDialog, copy: CopyPipelineDialog, addresses: AddressesDialog, delete: DeleteDialog };

/** What can be done with a run. An act that is not open to the reader says why. */
export function RunMenu({ run, openDetails }: { run: ListedRun; openDetails: () => void }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState<keyof typeof DIALOGS | null>(null);
  const again = useAgain(run);
  const operator = useMay(run.workspace, "operator") ? null : "Operators may do this.";
  const editor = useMay(run.workspace, "editor") ? null : "Editors may do this.";
  const goesOn = isActiveRun(run.status) ? "It has not ended yet." : null;
  const Dialog = asking === null ? null : DIALOGS[asking];
  return (
    <>
      <Menu label={`What can be done with ${runTitle(run)}`}>
        <MenuAct onAct={() => void navigate(`/w/${run.workspace}/runs/${run.id}`)}>View</MenuAct>
        <MenuAct onAct={openDetails}>Details</MenuAct>
        <MenuAct onAct={() => again.mutate()} refused={operator ?? goesOn}>
          Run again on revision {run.revision}
        </MenuAct>
        <MenuAct onAct={() => setAsking("rename")} refused={operator}>
          Rename
        </MenuAct>
        <MenuAct onAct={() => setAsking("restore")} refused={editor}>
          Restore revision {run.revision}
        </MenuAct>
        <MenuAct onAct={() => setAsking("copy")} refused={editor}>
          New pipeline from revision {run.revision}
        </MenuAct>
        <MenuAct onAct={() => setAsking("addresses")}>Runner addresses used</MenuAct>
        <MenuAct onAct={() => setAsking("delete")} refused={editor ?? goesOn}>
          Delete
        </MenuAct>
      </Menu>
      {Dialog && <Dialog run={run} onClose={() => setAsking(null)} />}
    </>
  );
}

function useAgain(run: ListedRun) {
  const client = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: () => rerunRun({ workspace: run.workspace, run: run.id }, { failed: false }),
    onSuccess: () => notify(`${runTitle(run)} runs again on the same versions`),
    onError: (error) => notify(error.message),
    onSettled: () => Promise.all([["runs"], keys.run(run.id)].map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
  });
}
