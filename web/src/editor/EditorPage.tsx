import { useState } from "react";
import { useLocation, useParams } from "react-router";
import type { PipelineDetail } from "../api/schema";
import { beginningOf } from "../pipelines/beginning";
import { useDefinition } from "../pipelines/useDefinition";
import { Failure, Loading } from "../screens/Answer";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { Editor } from "./Editor";
import styles from "./Editor.module.css";
import { dropDraft, findDraft, type Base } from "./save/drafts";

export function EditorPage() {
  const workspace = useWorkspace();
  const { pipeline = "" } = useParams();
  useTitle(`Edit ${pipeline}`);
  const found = useDefinition(workspace, pipeline);
  if (found.data !== undefined) return <Opened key={`${workspace}/${pipeline}`} workspace={workspace} pipeline={pipeline} found={found.data} />;
  return (
    <div className={styles.alone}>
      <h1>{pipeline}</h1>
      {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Loading />}
    </div>
  );
}

/** Begins with a draft that this browser kept, else with what the screen before handed over, else with the text in force. */
function Opened({ workspace, pipeline, found }: { workspace: string; pipeline: string; found: PipelineDetail | null }) {
  const { state } = useLocation();
  const newest: Base = { revision: found?.revision ?? 0, text: found?.text ?? "" };
  const freshText = (): string => beginningOf(state, newest.revision) ?? (found === null ? `pipeline: ${pipeline}\n` : newest.text);
  const [begin, setBegin] = useState<{ now: { text: string; base: Base; draftOf: number | null }; number: number }>(() => {
    const fresh = { text: freshText(), base: newest, draftOf: null };
    const draft = findDraft(localStorage, workspace, pipeline);
    const usable = draft !== null && draft.text !== newest.text;
    return { now: usable ? { text: draft.text, base: draft.base, draftOf: draft.at } : fresh, number: 0 };
  });
  const discard = (): void => {
    dropDraft(localStorage, workspace, pipeline);
    setBegin(({ number }) => ({ now: { text: freshText(), base: newest, draftOf: null }, number: number + 1 }));
  };
  return (
    <Editor
      key={begin.number}
      workspace={workspace}
      pipeline={pipeline}
      begin={begin.now}
      draftOf={begin.now.draftOf}
      newest={newest.revision}
      syncedFrom={found?.synced_from ?? null}
      onDiscard={discard}
    />
  );
}
