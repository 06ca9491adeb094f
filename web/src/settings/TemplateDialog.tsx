import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { deleteChannelTemplate, previewChannelTemplate, setChannelTemplate } from "../api/client";
import type { Template, TemplateSample } from "../api/schema";
import type { Channel } from "../api/types";
import { keys } from "../live/changes";
import { Failure } from "../screens/Answer";
import { Field, FormDialog, useWrite } from "./Part";
import { partsOf, templateOf, type Wording } from "./wording";
import type { PartProps } from "./SettingsPage";
import styles from "./SettingsPage.module.css";

interface TemplateDialogProps extends PartProps {
  channel: Channel;
  onClose: () => void;
}

/** How a channel's messages read, with what comes out of it while one types. Nothing in any part is the built-in form. */
export function TemplateDialog({ workspace, channel, onClose }: TemplateDialogProps) {
  const { name, kind } = channel;
  const [wording, setWording] = useState<Wording>({ subject: channel.template?.subject ?? "", body: channel.template?.body ?? "", html: channel.template?.html ?? "" });
  const template = templateOf(kind, wording);
  const set = useWrite(
    async () => {
      if (template === null) await deleteChannelTemplate({ workspace, name });
      else await setChannelTemplate({ workspace, name }, template);
    },
    [keys.settings(workspace, "channels")],
    () => (template === null ? `${name} has the built-in wording again.` : `${name} has its wording. Test it once.`),
  );
  return (
    <FormDialog title={`Wording of ${name}`} act={template === null ? "Take the built-in wording" : "Set the wording"} submit={() => set.mutateAsync(undefined)} onClose={onClose}>
      <p className="quiet">
        Values stand in braces: <code>{"{{ headline }}"}</code>, <code>{"{{ pipeline }}"}</code>, <code>{"{{ why }}"}</code>, <code>{"{{ link }}"}</code>;{" "}
        <code>{"{% for commit in commits %}"}</code> repeats. A part that is empty has the built-in form.
      </p>
      {partsOf(kind).map(({ part, title }) => (
        <Field key={part} title={title}>
          {(id) =>
            part === "subject" ? (
              <input id={id} className={styles.rules} spellCheck={false} value={wording.subject} onChange={({ target }) => setWording({ ...wording, subject: target.value })} />
            ) : (
              <textarea id={id} className={styles.rules} rows={5} spellCheck={false} value={wording[part]} onChange={({ target }) => setWording({ ...wording, [part]: target.value })} />
            )
          }
        </Field>
      ))}
      {template !== null && <Preview workspace={workspace} name={name} template={template} />}
    </FormDialog>
  );
}

/** What comes out, by the server's own rules; the last answer stays while the next one is on its way. */
function Preview({ workspace, name, template }: PartProps & { name: string; template: Template }) {
  const asked = useDeferredValue(template);
  const preview = useQuery({
    queryKey: [...keys.settings(workspace, "channels"), name, "preview", JSON.stringify(asked)],
    queryFn: async () => (await previewChannelTemplate({ workspace, name }, asked)).items,
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <section aria-label="What comes out" className={styles.samples}>
      <h3>What comes out</h3>
      {preview.error && <Failure error={preview.error} />}
      {!preview.error && preview.data?.map((sample) => <Sample key={sample.event} sample={sample} />)}
    </section>
  );
}

function Sample({ sample: { event, subject, body, html } }: { sample: TemplateSample }) {
  return (
    <figure>
      <figcaption className="quiet">{event.replaceAll("-", " ")}</figcaption>
      {subject !== null && <strong>{subject}</strong>}
      {body !== null && <pre>{body}</pre>}
      {html !== null && <pre>{html}</pre>}
    </figure>
  );
}
