import { useState } from "react";
import { setChannel } from "../api/client";
import type { Channel } from "../api/types";
import { keys } from "../live/changes";
import { FORGES, KINDS, settingsOf, typedOf, type Kind, type Typed } from "./channelKinds";
import { Field, FormDialog, useWrite } from "./Part";
import { NAME_HINT, NAME_PATTERN } from "./parts";
import type { PartProps } from "./SettingsPage";

interface ChannelFormProps extends PartProps {
  known: Channel | null;
  onMade: (made: { name: string; secret: string }) => void;
  onClose: () => void;
}

export function ChannelForm({ workspace, known, onMade, onClose }: ChannelFormProps) {
  const [name, setName] = useState(known?.name ?? "");
  const [typed, setTyped] = useState(() => typedOf(known));
  const change = (part: Partial<Typed>) => setTyped({ ...typed, ...part });
  const set = useWrite(
    () => setChannel({ workspace, name: name.trim() }, settingsOf(typed)),
    [keys.settings(workspace, "channels")],
    () => `The channel ${name.trim()} is set. ${typed.kind === "forge" ? "The next run shows whether it works." : "Test it once."}`,
    (made) => typeof made.secret === "string" && onMade({ name: made.name, secret: made.secret }),
  );
  return (
    <FormDialog title={known ? `Set ${known.name} again` : "New channel"} act="Set the channel" submit={() => set.mutateAsync(undefined)} onClose={onClose}>
      {!known && (
        <Field title="Name" hint={NAME_HINT}>
          {(id) => <input id={id} required pattern={NAME_PATTERN} title={NAME_HINT} value={name} onChange={({ target }) => setName(target.value)} />}
        </Field>
      )}
      <Field title="Kind">
        {(id) => (
          <select id={id} value={typed.kind} onChange={({ target }) => change({ kind: target.value as Kind })}>
            {KINDS.map((each) => (
              <option key={each.kind} value={each.kind}>
                {each.title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <KindFields typed={typed} change={change} />
    </FormDialog>
  );
}

function KindFields({ typed, change }: { typed: Typed; change: (part: Partial<Typed>) => void }) {
  if (typed.kind === "forge") return <ForgeFields typed={typed} change={change} />;
  if (typed.kind === "email") {
    return (
      <Field title="Addresses" hint="One a line, or between commas; at most 50.">
        {(id) => <textarea id={id} required rows={3} value={typed.addresses} onChange={({ target }) => change({ addresses: target.value })} />}
      </Field>
    );
  }
  return (
    <>
      <Field title="Address of the webhook" hint="It is kept sealed: whoever knows it can write there.">
        {(id) => <input id={id} required type="url" autoComplete="off" placeholder="https://" value={typed.url} onChange={({ target }) => change({ url: target.value })} />}
      </Field>
      {typed.kind === "webhook" && <p className="quiet">A new key to check signatures with is made, and shown once.</p>}
    </>
  );
}

/** A forge shows on each commit how far the line has come with it. */
function ForgeFields({ typed, change }: { typed: Typed; change: (part: Partial<Typed>) => void }) {
  return (
    <>
      <Field title="Forge">
        {(id) => (
          <select
            id={id}
            value={typed.forge}
            onChange={({ target }) => {
              const chosen = FORGES.find(({ forge }) => forge === target.value);
              if (chosen) change({ forge: chosen.forge, api: chosen.api });
            }}
          >
            {FORGES.map(({ forge, title }) => (
              <option key={forge} value={forge}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field title="Where its API begins" hint="A forge of your own has its own host.">
        {(id) => <input id={id} required type="url" autoComplete="off" value={typed.api} onChange={({ target }) => change({ api: target.value })} />}
      </Field>
      <Field title="Repository" hint="Its address, or one that ends with /* for all below.">
        {(id) => (
          <input id={id} required autoComplete="off" placeholder="https://github.com/acme/shop" value={typed.repository} onChange={({ target }) => change({ repository: target.value })} />
        )}
      </Field>
      <Field title="Token of the forge" hint="It may write commit statuses. It is kept sealed.">
        {(id) => <input id={id} required type="password" autoComplete="off" value={typed.token} onChange={({ target }) => change({ token: target.value })} />}
      </Field>
    </>
  );
}
