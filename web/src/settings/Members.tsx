import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { createUser, getMe, listMembers, listUsers, removeMember, setMember } from "../api/client";
import type { Member, Role } from "../api/types";
import { useMay } from "../app/role";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { AskFirst, Field, FormDialog, Part, ShownOnce, Table, useWrite } from "./Part";
import { NAME_HINT, NAME_PATTERN, ROLES } from "./parts";
import type { PartProps } from "./SettingsPage";

export function Members({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  const members = useQuery({
    queryKey: keys.settings(workspace, "members"),
    queryFn: async ({ signal }) => (await listMembers({ workspace }, signal)).items,
  });
  const [adding, setAdding] = useState<"member" | "account" | null>(null);
  const [link, setLink] = useState<{ name: string; link: string } | null>(null);
  return (
    <Part
      title="Members"
      about="Who may do what in this workspace. Administrators of the installation may do everything everywhere, and stand here only where they are members."
      act={
        isAdmin && (
          <>
            <button type="button" onClick={() => setAdding("member")}>
              Add a member
            </button>
            {me.data?.administrator === true && (
              <button type="button" onClick={() => setAdding("account")}>
                New account
              </button>
            )}
          </>
        )
      }
    >
      {members.error && <Failure error={members.error} retry={() => void members.refetch()} />}
      {members.isPending && <Loading />}
      {members.data?.length === 0 && <p>Nobody is a member yet. Add somebody who has an account.</p>}
      {members.data && members.data.length > 0 && (
        <Table columns={isAdmin ? ["Name", "Role", "Groups", ""] : ["Name", "Role", "Groups"]}>
          {members.data.map((member) => (
            <MemberRow key={member.name} workspace={workspace} member={member} isAdmin={isAdmin} />
          ))}
        </Table>
      )}
      <dl>
        {ROLES.map(({ role, may }) => (
          <div key={role}>
            <dt>
              <strong>{role}</strong>
            </dt>
            <dd className="quiet">{may}</dd>
          </div>
        ))}
      </dl>
      {adding === "member" && <AddMember workspace={workspace} onClose={() => setAdding(null)} />}
      {adding === "account" && <AddAccount workspace={workspace} onMade={setLink} onClose={() => setAdding(null)} />}
      {link && (
        <ShownOnce title={`The link for ${link.name}`} text={link.link} onClose={() => setLink(null)}>
          Give it to {link.name}: it sets a password, once, within a day. It is shown this once.
        </ShownOnce>
      )}
    </Part>
  );
}

const stale = (workspace: string) => [keys.settings(workspace, "members"), keys.settings(workspace, "groups"), keys.me()];

function MemberRow({ workspace, member, isAdmin }: { workspace: string; member: Member; isAdmin: boolean }) {
  const { name } = member;
  const set = useWrite(
    (role: Role) => setMember({ workspace, user: name }, { role }),
    stale(workspace),
    (role) => `${name} is ${role} now.`,
  );
  const remove = useWrite(() => removeMember({ workspace, user: name }), stale(workspace), () => `${name} is no member any more.`);
  return (
    <tr data-member={name}>
      <td>
        <strong>{name}</strong>
      </td>
      <td data-label="Role">
        {isAdmin ? <RoleChoice value={member.role} label={`The role of ${name}`} onChange={(role) => set.mutate(role)} /> : member.role}
        {set.error && <Failure error={set.error} />}
      </td>
      <td data-label="Groups">{member.groups.join(", ") || <span className="quiet">none</span>}</td>
      {isAdmin && (
        <td>
          <AskFirst label="Remove" title={`Remove ${name} from ${workspace}`} keep={`Keep ${name}`} act={() => remove.mutateAsync(undefined)}>
            {name} leaves the workspace and its groups at once. The account stays, and so does what {name} did.
          </AskFirst>
        </td>
      )}
    </tr>
  );
}

export function RoleChoice({ id, value, label, onChange }: { id?: string; value: Role; label?: string; onChange: (role: Role) => void }) {
  return (
    <select id={id} aria-label={label} value={value} onChange={({ target }) => onChange(target.value as Role)}>
      {ROLES.map(({ role }) => (
        <option key={role}>{role}</option>
      ))}
    </select>
  );
}

function AddMember({ workspace, onClose }: PartProps & { onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  // Only administrators of the installation may see who has an account.
  const users = useQuery({
    queryKey: keys.settings(workspace, "users"),
    queryFn: async ({ signal }) => (await listUsers({ limit: 200 }, signal)).items,
    enabled: me.data?.administrator === true,
  });
  const add = useWrite(() => setMember({ workspace, user: name.trim() }, { role }), stale(workspace), () => `${name.trim()} is ${role} now.`);
  return (
    <FormDialog title={`Add a member to ${workspace}`} act="Add" submit={() => add.mutateAsync(undefined)} onClose={onClose}>
      <Field title="Name of the account">
        {(id) => (
          <>
            <input id={id} required list={`${id}-known`} pattern={NAME_PATTERN} title={NAME_HINT} value={name} onChange={({ target }) => setName(target.value)} />
            <datalist id={`${id}-known`}>
              {(users.data ?? []).map((user) => (
                <option key={user.id} value={user.name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field title="Role" hint={ROLES.find((each) => each.role === role)?.may}>
        {(id) => <RoleChoice id={id} value={role} onChange={setRole} />}
      </Field>
    </FormDialog>
  );
}

function AddAccount({ workspace, onMade, onClose }: PartProps & { onMade: (made: { name: string; link: string }) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const add = useWrite(
    async () => {
      const made = await createUser({ name: name.trim(), email: email.trim() || null });
      await setMember({ workspace, user: made.name }, { role });
      return made;
    },
    [...stale(workspace), keys.settings(workspace, "users")],
    () => null,
    (made) => typeof made.link === "string" && onMade({ name: made.name, link: made.link }),
  );
  return (
    <FormDialog title="New account" act="Make the account" submit={() => add.mutateAsync(undefined)} onClose={onClose}>
      <Field title="Name" hint={NAME_HINT}>
        {(id) => <input id={id} required pattern={NAME_PATTERN} title={NAME_HINT} value={name} onChange={({ target }) => setName(target.value)} />}
      </Field>
      <Field title="E-mail address" hint="For notifications; may be left out.">
        {(id) => <input id={id} type="email" value={email} onChange={({ target }) => setEmail(target.value)} />}
      </Field>
      <Field title={`Role in ${workspace}`} hint={ROLES.find((each) => each.role === role)?.may}>
        {(id) => <RoleChoice id={id} value={role} onChange={setRole} />}
      </Field>
    </FormDialog>
  );
}
