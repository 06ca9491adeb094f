import { Dialog } from "../../kit/Dialog";
import { useNotify } from "../../kit/Notices";
import { TextDifference } from "../../kit/TextDifference";
import { useDefinition } from "../../pipelines/useDefinition";
import { Failure, Loading } from "../../screens/Answer";
import { bringIn } from "./merge";
import styles from "./SaveDialog.module.css";
import type { Work } from "./useWork";

interface StaleDialogProps {
  workspace: string;
  pipeline: string;
  work: Work;
  /** Whether a save was refused because of it. */
  refused: boolean;
  onClose: () => void;
}

/** Another revision came into force while somebody edited: what it changed, and how to go on without losing either. */
export function StaleDialog({ workspace, pipeline, work, refused, onClose }: StaleDialogProps) {
  const newest = useDefinition(workspace, pipeline);
  if (newest.data === null) {
    return (
      <Dialog title={`There is no pipeline ${pipeline} any more`} onClose={onClose}>
        <p>It cannot be saved on top of revision {work.base.revision}. Export your text, or make a new pipeline from it.</p>
      </Dialog>
    );
  }
  if (newest.data === undefined || newest.data.revision === work.base.revision) {
    return (
      <Dialog title="A newer revision is in force" onClose={onClose}>
        {newest.error ? <Failure error={newest.error} retry={() => void newest.refetch()} /> : <Loading />}
      </Dialog>
    );
  }
  const { revision, text } = newest.data;
  return (
    <Dialog title={`Revision ${revision} is in force by now`} onClose={onClose}>
      <p>
        {refused && "Nothing was saved. "}
        {work.base.revision === 0 ? `There is a pipeline ${pipeline} by now, so it cannot be made anew.` : `Your text is based on revision ${work.base.revision}. This is what came after it:`}
      </p>
      <TextDifference before={work.base.text} after={text} label={`From revision ${work.base.revision} to revision ${revision}`} />
      <Ways newest={{ revision, text }} work={work} onClose={onClose} />
    </Dialog>
  );
}

function Ways({ newest, work, onClose }: { newest: { revision: number; text: string }; work: Work; onClose: () => void }) {
  const notify = useNotify();
  const merged = work.base.revision === 0 ? null : bringIn(work.base.text, newest.text, work.text);
  const { revision } = newest;
  const before = { base: work.base, text: work.text };
  const go = (text: string | undefined, words: string): void => {
    work.rebase(newest, text);
    notify(words, () => work.rebase(before.base, before.text));
    onClose();
  };
  return (
    <>
      {merged === null && <p>Both changed the same lines, so the two cannot be brought together by themselves.</p>}
      <div className={styles.acts}>
        {merged !== null && (
          <button type="button" data-weight="first" onClick={() => go(merged, `Your text has what revision ${revision} changed`)}>
            Bring it into my text
          </button>
        )}
        <button type="button" onClick={() => go(undefined, `Saving now would take back what revision ${revision} changed`)}>
          Keep my text as it is
        </button>
        <button type="button" onClick={() => go(newest.text, `This is revision ${revision}`)}>
          Take revision {revision} instead
        </button>
        <button type="button" onClick={onClose}>
          Decide later
        </button>
      </div>
    </>
  );
}
