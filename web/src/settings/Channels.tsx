import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { deleteChannel, listChannels, pauseChannel, resumeChannel, testChannel } from "../api/client";
import type { Channel } from "../api/types";
import { useMay } from "../app/role";
import { Moment } from "../kit/Moment";
import { keys } from "../live/changes";
import { Empty, Failure, Loading } from "../screens/Answer";
import { ChannelForm } from "./ChannelForm";
import { titleOf } from "./channelKinds";
import { AskFirst, Part, ShownOnce, Table, useWrite } from "./Part";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";
import { TemplateDialog } from "./TemplateDialog";

export function Channels({ workspace }: PartProps) {
  const isAdmin = useMay(workspace, "admin");
  const channels = useQuery({ queryKey: keys.settings(workspace, "channels"), queryFn: async ({ signal }) => (await listChannels({ workspace }, signal)).items });
  const [setting, setSetting] = useState<Channel | "new" | null>(null);
  const [wording, setWording] = useState<Channel | null>(null);
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Part
      title="Channels"
      about="Where notifications go. Rules in pipelines name them as channel:NAME; a forge is told of every commit that its repositories brought."
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
            <ChannelRow key={channel.name} workspace={workspace} channel={channel} isAdmin={isAdmin} onChange={() => setSetting(channel)} onWord={() => setWording(channel)} />
          ))}
        </Table>
      )}
      {setting && <ChannelForm workspace={workspace} known={setting === "new" ? null : setting} onMade={setSecret} onClose={() => setSetting(null)} />}
      {wording && <TemplateDialog workspace={workspace} channel={wording} onClose={() => setWording(null)} />}
      {secret && (
        <ShownOnce title={`The key of ${secret.name}`} text={secret.secret} onClose={() => setSecret(null)}>
          The receiver checks signatures with it. It is shown this once.
        </ShownOnce>
      )}
    </Part>
  );
}

function ChannelRow({ workspace, channel, isAdmin, onChange, onWord }: PartProps & { channel: Channel; isAdmin: boolean; onChange: () => void; onWord: () => void }) {
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
          {channel.template && <p className="quiet">Its messages have a wording of their own.</p>}
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
          {channel.kind !== "forge" && (
            <>
              <button type="button" disabled={test.isPending} onClick={() => test.mutate(undefined)}>
                Test<span className="visually-hidden"> {name}</span>
              </button>
              <button type="button" onClick={onWord}>
                Wording<span className="visually-hidden"> of {name}</span>
              </button>
            </>
          )}
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
