import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteGroup, listGroups, listMembers, setGroup } from "../api/client";
import type { Group } from "../api/types";
import { useMay } from "../app/role";
import { keys } from "../live/changes";
import { Empty, Failure, Loading } from "../screens/Answer";
import { AskFirst, Field, FormDialog, Part, Table, useWrite } from "./Part";
import { NAME_HINT, NAME_PATTERN } from "./parts";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

export function Groups({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  const groups = useQuery({ queryKey: keys.settings(workspace, "groups"), queryFn: async ({ signal }) => (await listGroups({ workspace }, signal)).items });
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const stale = [keys.settings(workspace, "groups"), keys.settings(workspace, "members")];
  const remove = useWrite((name: string) => deleteGroup({ workspace, name }), stale, (name) => `The group ${name} is gone.`);
  return (
    <Part
      title="Groups"
      about="Gates, tasks and notifications name groups as group:NAME."
      act={
        isAdmin && (
          <button type="button" onClick={() => setEditing("new")}>
            New group
          </button>
        )
      }
    >
      {groups.error && <Failure error={groups.error} retry={() => void groups.refetch()} />}
      {groups.isPending && <Loading />}
      {groups.data?.length === 0 && (
        <Empty title="No groups yet">
          <p>{isAdmin ? "Make one, and let a gate ask it: approval: { require: [{ from: [group:release] }] }" : "An admin of this workspace makes groups."}</p>
        </Empty>
      )}
      {groups.data && groups.data.length > 0 && (
        <Table columns={isAdmin ? ["Group", "Members", ""] : ["Group", "Members"]}>
          {groups.data.map((group) => (
            <tr key={group.name} data-group={group.name}>
              <td>
                <strong>{group.name}</strong>
              </td>
              <td data-label="Members">{group.members.join(", ") || <span className="quiet">nobody</span>}</td>
              {isAdmin && (
                <td className={styles.buttons}>
                  <button type="button" onClick={() => setEditing(group)}>
                    Change<span className="visually-hidden"> {group.name}</span>
                  </button>
                  <AskFirst label="Delete" title={`Delete the group ${group.name}`} keep="Keep it" act={() => remove.mutateAsync(group.name)}>
                    Gates that name it then find nobody in it.
                  </AskFirst>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {editing && <GroupForm workspace={workspace} group={editing === "new" ? null : editing} stale={stale} onClose={() => setEditing(null)} />}
    </Part>
  );
}

function GroupForm({ workspace, group, stale, onClose }: PartProps & { group: Group | null; stale: readonly (readonly string[])[]; onClose: () => void }) {
  const [name, setName] = useState(group?.name ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(group?.members ?? []);
  const members = useQuery({ queryKey: keys.settings(workspace, "members"), queryFn: async ({ signal }) => (await listMembers({ workspace }, signal)).items });
  const set = useWrite(() => setGroup({ workspace, name: name.trim() }, { members: [...chosen] }), stale, () => `The group ${name.trim()} is set.`);
  return (
    <FormDialog title={group ? `Who is in ${group.name}` : "New group"} act={group ? "Set the members" : "Make the group"} submit={() => set.mutateAsync(undefined)} onClose={onClose}>
      {!group && (
        <Field title="Name" hint={NAME_HINT}>
          {(id) => <input id={id} required pattern={NAME_PATTERN} title={NAME_HINT} value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
      )}
      <fieldset className={styles.choices}>
        <legend>Members</legend>
        {(members.data ?? []).map((member) => (
          <label key={member.name}>
            <input
              type="checkbox"
              checked={chosen.includes(member.name)}
              onChange={({ target }) => setChosen(target.checked ? [...chosen, member.name] : chosen.filter((other) => other !== member.name))}
            />
            {member.name}
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}
