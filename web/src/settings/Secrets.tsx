import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteSecret, listSecrets, setSecret } from "../api/client";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Command, Empty, Failure, Loading } from "../screens/Answer";
import { AskFirst, Field, FormDialog, Part, Table, useWrite } from "./Part";
import { NAME_HINT, NAME_PATTERN } from "./parts";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

export function Secrets({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  const secrets = useQuery({ queryKey: keys.settings(workspace, "secrets"), queryFn: async ({ signal }) => (await listSecrets({ workspace }, signal)).items });
  const [setting, setSetting] = useState<string | null>(null);
  const stale = [keys.settings(workspace, "secrets")];
  const remove = useWrite((name: string) => deleteSecret({ workspace, name }), stale, (name) => `The secret ${name} is gone.`);
  return (
    <Part
      title="Secrets"
      about="A step gets one into its environment by secrets: { VARIABLE: NAME }. A value is sealed at once, is never shown again, and is blotted out in logs."
      act={
        isAdmin && (
          <button type="button" onClick={() => setSetting("")}>
            Set a secret
          </button>
        )
      }
    >
      {secrets.error && <Failure error={secrets.error} retry={() => void secrets.refetch()} />}
      {secrets.isPending && <Loading />}
      {secrets.data?.length === 0 && (
        <Empty title="No secrets yet">
          <p>{isAdmin ? "Set one here, or from a terminal; the value is asked for:" : "An admin of this workspace sets secrets."}</p>
          {isAdmin && <Command>andon secret set NAME</Command>}
        </Empty>
      )}
      {secrets.data && secrets.data.length > 0 && (
        <Table columns={isAdmin ? ["Name", "Set", "By", ""] : ["Name", "Set", "By"]}>
          {secrets.data.map((secret) => (
            <tr key={secret.name} data-secret={secret.name}>
              <td>
                <strong>{secret.name}</strong>
              </td>
              <td data-label="Set">
                <Moment at={secret.updated_at} />
              </td>
              <td data-label="By">{secret.updated_by}</td>
              {isAdmin && (
                <td className={styles.buttons}>
                  <button type="button" onClick={() => setSetting(secret.name)}>
                    New value<span className="visually-hidden"> for {secret.name}</span>
                  </button>
                  <AskFirst label="Delete" title={`Delete the secret ${secret.name}`} keep="Keep it" act={() => remove.mutateAsync(secret.name)}>
                    Jobs that name it cannot start from now on. The value cannot be brought back.
                  </AskFirst>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {setting !== null && <SecretForm workspace={workspace} known={setting} onClose={() => setSetting(null)} />}
    </Part>
  );
}

function SecretForm({ workspace, known, onClose }: PartProps & { known: string; onClose: () => void }) {
  const [name, setName] = useState(known);
  const [value, setValue] = useState("");
  const set = useWrite(
    () => setSecret({ workspace, name: name.trim() }, { value }),
    [keys.settings(workspace, "secrets")],
    () => `The secret ${name.trim()} is set; jobs that start from now on get it.`,
  );
  return (
    <FormDialog title={known === "" ? "Set a secret" : `A new value for ${known}`} act="Set the secret" submit={() => set.mutateAsync(undefined)} onClose={onClose}>
      {known === "" && (
        <Field title="Name" hint={NAME_HINT}>
          {(id) => <input id={id} required pattern={NAME_PATTERN} title={NAME_HINT} autoComplete="off" value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
      )}
      <Field title="Value" hint="Up to 64 KiB; several lines are kept as they are.">
        {(id) => <textarea id={id} required rows={4} autoComplete="off" spellCheck={false} value={value} onChange={({ target }) => setValue(target.value)} />}
      </Field>
    </FormDialog>
  );
}
