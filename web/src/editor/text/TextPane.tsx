import { useEffect, useRef, useState } from "react";
import type { Diagnostic } from "../../api/schema";
import { Failure, Loading } from "../../screens/Answer";
import type { Suggestions } from "../complete/suggest";
import type { TextEditor } from "./codeMirror";
import styles from "./TextPane.module.css";

interface TextPaneProps {
  /** What stands there at first, and what is put there from outside: each with a number of its own. */
  made: { text: string; number: number };
  onText: (text: string) => void;
  findings: readonly Diagnostic[];
  suggest: (text: string, at: number) => Suggestions | null;
  /** Told when the editor can be used, and with null when it goes. */
  onEditor: (editor: TextEditor | null) => void;
}

/** The text of the pipeline. The editor is loaded when it is first shown. */
export function TextPane({ made, onText, findings, suggest, onEditor }: TextPaneProps) {
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<TextEditor | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const latest = useRef({ made, onText, suggest, onEditor });
  useEffect(() => {
    latest.current = { made, onText, suggest, onEditor };
  });

  useEffect(() => {
    let created: TextEditor | null = null;
    let gone = false;
    async function create(): Promise<void> {
      const { createTextEditor } = await import("./codeMirror");
      const element = host.current;
      if (gone || element === null) return;
      const parent = element.shadowRoot ?? element.attachShadow({ mode: "open" });
      created = createTextEditor({
        parent,
        text: latest.current.made.text,
        onText: (text) => latest.current.onText(text),
        suggest: (text, at) => latest.current.suggest(text, at),
      });
      setEditor(created);
      latest.current.onEditor(created);
    }
    create().catch(() => setError(new Error("The text editor could not be loaded. Nothing was changed; load the page again when the server is back.")));
    return () => {
      gone = true;
      created?.destroy();
      latest.current.onEditor(null);
    };
  }, []);

  useEffect(() => editor?.setText(made.text), [editor, made]);
  useEffect(() => editor?.showFindings(findings), [editor, findings]);

  return (
    <div className={styles.pane}>
      {error && <Failure error={error} />}
      {editor === null && error === null && <Loading />}
      <div ref={host} className={styles.host} />
    </div>
  );
}
