import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { createMyToken, createToken, getMe, listMyTokens, listTokens, revokeMyToken, revokeToken } from "../api/client";
import type { Role, Scope, Token } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Failure, Loading } from "../screens/Answer";
import { formatMoment } from "../text/time";
import { RoleChoice } from "./Members";
import { AskFirst, Field, FormDialog, Part, ShownOnce, Table, useWrite } from "./Part";
import { LIVES, NAME_HINT, NAME_PATTERN } from "./parts";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

type Owner = "mine" | "workspace";

export function Tokens({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  return (
    <div className={styles.stack}>
      <TokenList workspace={workspace} owner="mine" />
      {isAdmin && <TokenList workspace={workspace} owner="workspace" />}
    </div>
  );
}

const ABOUT: Record<Owner, string> = {
  mine: "They act in your name, in every workspace of yours: for the command line, for git, for scripts of your own.",
  workspace: "They belong to the workspace and not to a person: for other systems, and for runners elsewhere.",
};

function TokenList({ workspace, owner }: PartProps & { owner: Owner }) {
  const isMine = owner === "mine";
  const key = keys.settings(workspace, `tokens-${owner}`);
  const tokens = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await (isMine ? listMyTokens(signal) : listTokens({ workspace }, signal))).items,
  });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Part
      title={isMine ? "My tokens" : `Tokens of ${workspace}`}
      about={ABOUT[owner]}
      act={
        <button type="button" onClick={() => setMaking(true)}>
          New token
          <span className="visually-hidden">{isMine ? " of mine" : ` of ${workspace}`}</span>
        </button>
      }
    >
      {tokens.error && <Failure error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.isPending && <Loading />}
      {tokens.data?.length === 0 && <p className="quiet">None yet.</p>}
      {tokens.data && tokens.data.length > 0 && (
        <Table columns={["Name", "May", "Made", "Used", "Expires", ""]}>
          {tokens.data.map((token) => (
            <TokenRow key={token.id} workspace={workspace} token={token} owner={owner} />
          ))}
        </Table>
      )}
      {making && <TokenForm workspace={workspace} owner={owner} onMade={setMade} onClose={() => setMaking(false)} />}
      {made && (
        <ShownOnce title={`The token ${made.name}`} text={made.secret} onClose={() => setMade(null)}>
          Keep it where only its user can read it: it is shown this once. Send it as Authorization: Bearer, or set ANDON_TOKEN.
        </ShownOnce>
      )}
    </Part>
  );
}

function TokenRow({ workspace, token, owner }: PartProps & { token: Token; owner: Owner }) {
  const revoke = useWrite(
    () => (owner === "mine" ? revokeMyToken({ id: token.id }) : revokeToken({ workspace, id: token.id })),
    [keys.settings(workspace, `tokens-${owner}`)],
    () => `The token ${token.name} works no more.`,
  );
  return (
    <tr data-token={token.name}>
      <td>
        <strong>{token.name}</strong> <code title="Its last characters">…{token.hint}</code>
      </td>
      <td data-label="May">
        <span>
          {token.role}
          {token.scopes !== null && <span className="quiet"> ({token.scopes.join(", ")})</span>}
        </span>
      </td>
      <td data-label="Made">
        <span>
          <Moment at={token.created_at} />
          {owner === "workspace" && <span className="quiet"> by {token.created_by}</span>}
        </span>
      </td>
      <td data-label="Used">{token.used_at === null ? <span className="quiet">never</span> : <Moment at={token.used_at} />}</td>
      <td data-label="Expires">{token.expires_at === null ? <span className="quiet">never</span> : formatMoment(token.expires_at)}</td>
      <td>
        <AskFirst label="Revoke" title={`Revoke the token ${token.name}`} keep="Keep it" act={() => revoke.mutateAsync(undefined)}>
          Whatever uses it is refused from now on. A new one has to be made in its place.
        </AskFirst>
      </td>
    </tr>
  );
}

const SCOPES: readonly { scope: Scope; word: string }[] = [
  { scope: "view", word: "see" },
  { scope: "decide", word: "decide gates" },
  { scope: "operate", word: "start, stop, pause, publish, push" },
  { scope: "edit", word: "set pipelines" },
  { scope: "admin", word: "administer" },
];

function TokenForm({ workspace, owner, onMade, onClose }: PartProps & { owner: Owner; onMade: (made: { name: string; secret: string }) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>(owner === "mine" ? "admin" : "viewer");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [life, setLife] = useState("90 days");
  const me = useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
  // Only an administrator of the installation lets runners in.
  const offered = owner === "workspace" && me.data?.administrator === true ? [...SCOPES, { scope: "run", word: "be a runner" } as const] : SCOPES;
  const draft = { name: name.trim(), role, scopes: scopes.length === 0 ? null : [...scopes], expires_in_ms: LIVES.find(({ title }) => title === life)?.ms ?? null };
  const make = useWrite(
    () => (owner === "mine" ? createMyToken(draft) : createToken({ workspace }, draft)),
    [keys.settings(workspace, `tokens-${owner}`)],
    () => null,
    (made) => onMade({ name: made.name, secret: made.secret }),
  );
  return (
    <FormDialog title={owner === "mine" ? "New token of mine" : `New token of ${workspace}`} act="Make the token" submit={() => make.mutateAsync(undefined)} onClose={onClose}>
      <Field title="Name" hint={NAME_HINT}>
        {(id) => <input id={id} required pattern={NAME_PATTERN} title={NAME_HINT} value={name} onChange={({ target }) => setName(target.value)} />}
      </Field>
      <Field title="Role" hint={owner === "mine" ? "At most this, and never more than you may." : undefined}>
        {(id) => <RoleChoice id={id} value={role} onChange={setRole} />}
      </Field>
      <fieldset className={styles.choices}>
        <legend>Only to (nothing chosen: all that the role may)</legend>
        {offered.map(({ scope, word }) => (
          <label key={scope}>
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              onChange={({ target }) => setScopes(target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))}
            />
            {word}
          </label>
        ))}
      </fieldset>
      <Field title="Works for">
        {(id) => (
          <select id={id} value={life} onChange={({ target }) => setLife(target.value)}>
            {LIVES.map(({ title }) => (
              <option key={title}>{title}</option>
            ))}
          </select>
        )}
      </Field>
    </FormDialog>
  );
}
