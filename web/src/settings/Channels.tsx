import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { deleteChannel, listChannels, pauseChannel, resumeChannel, setChannel, testChannel } from "../api/client";
import type { Channel, ChannelSettings } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Empty, Failure, Loading } from "../screens/Answer";
import { AskFirst, Field, FormDialog, Part, ShownOnce, Table, useWrite } from "./Part";
import { NAME_HINT, NAME_PATTERN, readAddresses } from "./parts";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

const KINDS = [
  { kind: "email", title: "E-mail", needs: "addresses" },
  { kind: "slack", title: "Slack", needs: "address" },
  { kind: "teams", title: "Microsoft Teams", needs: "address" },
  { kind: "discord", title: "Discord", needs: "address" },
  { kind: "webhook", title: "Signed webhook", needs: "address" },
] as const;
type Kind = (typeof KINDS)[number]["kind"];

const titleOf = (kind: string): string => KINDS.find((each) => each.kind === kind)?.title ?? kind;

export function Channels({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  const channels = useQuery({ queryKey: keys.settings(workspace, "channels"), queryFn: async ({ signal }) => (await listChannels({ workspace }, signal)).items });
  const [setting, setSetting] = useState<Channel | "new" | null>(null);
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Part
      title="Channels"
      about="Where notifications go. Rules in pipelines name them as channel:NAME."
      act={
        isAdmin && (
          <button type="button" onClick={() => setSetting("new")}>
            New channel
          </button>
        )
      }
    >
      {channels.error && <Failure error={channels.error} retry={() => void channels.refetch()} />}
      {channels.isPending && <Loading />}
      {channels.data?.length === 0 && (
        <Empty title="No channels yet">
          <p>{isAdmin ? "Make one, test it, and name it in a pipeline: notify: [{ on: [failed], to: [channel:NAME] }]" : "An admin of this workspace makes channels."}</p>
        </Empty>
      )}
      {channels.data && channels.data.length > 0 && (
        <Table columns={isAdmin ? ["Name", "Kind", "Goes to", ""] : ["Name", "Kind", "Goes to"]}>
          {channels.data.map((channel) => (
            <ChannelRow key={channel.name} workspace={workspace} channel={channel} isAdmin={isAdmin} onChange={() => setSetting(channel)} />
          ))}
        </Table>
      )}
      {setting && <ChannelForm workspace={workspace} known={setting === "new" ? null : setting} onMade={setSecret} onClose={() => setSetting(null)} />}
      {secret && (
        <ShownOnce title={`The key of ${secret.name}`} text={secret.secret} onClose={() => setSecret(null)}>
          The receiver checks signatures with it. It is shown this once.
        </ShownOnce>
      )}
    </Part>
  );
}

function ChannelRow({ workspace, channel, isAdmin, onChange }: PartProps & { channel: Channel; isAdmin: boolean; onChange: () => void }) {
  const { name } = channel;
  const test = useWrite(() => testChannel({ workspace, name }), [keys.deliveries(workspace)], () => `A test is on its way to ${name}.`);
  const paused = channel.paused ?? null;
  const pause = useWrite(
    () => (paused ? resumeChannel({ workspace, name }) : pauseChannel({ workspace, name }, {})),
    [keys.settings(workspace, "channels")],
    () => (paused ? `${name} gets what was held for it.` : `${name} is paused: what is told to it waits.`),
  );
  const remove = useWrite(() => deleteChannel({ workspace, name }), [keys.settings(workspace, "channels")], () => `The channel ${name} is gone.`);
  return (
    <tr data-channel={name}>
      <td>
        <strong>{name}</strong>
      </td>
      <td data-label="Kind">{titleOf(channel.kind)}</td>
      <td data-label="Goes to">
        <div>
          {channel.target ?? <span className="quiet">its settings cannot be opened any more; set them again</span>}
          {paused && (
            <p className={styles.held}>
              Paused by {paused.by}, <Moment at={paused.at} />
              {paused.reason ? `: ${paused.reason}` : ""}
            </p>
          )}
          {!paused && (channel.failures ?? 0) > 0 && <p className={styles.held}>{channel.failures} attempts have failed since one succeeded</p>}
          {pause.error && <Failure error={pause.error} />}
          {test.isSuccess && (
            <p>
              <Link to="../settings/deliveries">See what came of the test</Link>
            </p>
          )}
          {test.error && <Failure error={test.error} />}
        </div>
      </td>
      {isAdmin && (
        <td className={styles.buttons}>
          <button type="button" disabled={test.isPending} onClick={() => test.mutate(undefined)}>
            Test<span className="visually-hidden"> {name}</span>
          </button>
          <button type="button" disabled={pause.isPending} onClick={() => pause.mutate(undefined)}>
            {paused ? "Resume" : "Pause"}
            <span className="visually-hidden"> {name}</span>
          </button>
          <button type="button" onClick={onChange}>
            Set again<span className="visually-hidden"> {name}</span>
          </button>
          <AskFirst label="Delete" title={`Delete the channel ${name}`} keep="Keep it" act={() => remove.mutateAsync(undefined)}>
            What rules send to it reaches nobody from now on, and says so among the deliveries.
          </AskFirst>
        </td>
      )}
    </tr>
  );
}

interface ChannelFormProps extends PartProps {
  known: Channel | null;
  onMade: (made: { name: string; secret: string }) => void;
  onClose: () => void;
}

function ChannelForm({ workspace, known, onMade, onClose }: ChannelFormProps) {
  const [name, setName] = useState(known?.name ?? "");
  const [kind, setKind] = useState<Kind>(KINDS.find((each) => each.kind === known?.kind)?.kind ?? "email");
  const [addresses, setAddresses] = useState(known?.kind === "email" ? (known.target ?? "") : "");
  const [url, setUrl] = useState("");
  const settings: ChannelSettings = kind === "email" ? { kind, addresses: readAddresses(addresses) } : { kind, url: url.trim() };
  const set = useWrite(
    () => setChannel({ workspace, name: name.trim() }, settings),
    [keys.settings(workspace, "channels")],
    () => `The channel ${name.trim()} is set. Test it once.`,
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
          <select id={id} value={kind} onChange={({ target }) => setKind(target.value as Kind)}>
            {KINDS.map((each) => (
              <option key={each.kind} value={each.kind}>
                {each.title}
              </option>
            ))}
          </select>
        )}
      </Field>
      {kind === "email" ? (
        <Field title="Addresses" hint="One a line, or between commas; at most 50.">
          {(id) => <textarea id={id} required rows={3} value={addresses} onChange={({ target }) => setAddresses(target.value)} />}
        </Field>
      ) : (
        <Field title="Address of the webhook" hint="It is kept sealed: whoever knows it can write there.">
          {(id) => <input id={id} required type="url" autoComplete="off" placeholder="https://" value={url} onChange={({ target }) => setUrl(target.value)} />}
        </Field>
      )}
      {kind === "webhook" && <p className="quiet">A new key to check signatures with is made, and shown once.</p>}
    </FormDialog>
  );
}
