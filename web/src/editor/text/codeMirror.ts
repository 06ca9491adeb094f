// The text editor itself. Loaded when an editor is shown, never with the page.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentService, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Transaction, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Diagnostic } from "../../api/schema";
import type { Suggestions } from "../complete/suggest";
import { indentAfter } from "./indent";
import { changeBetween, placeOf } from "./places";

export interface TextEditor {
  /** Makes the text another one, as one step that can be undone. */
  setText: (text: string) => void;
  showFindings: (findings: readonly Diagnostic[]) => void;
  /** Brings a line into view; with the cursor in it where asked for. */
  goTo: (line: number, focus: boolean) => void;
  undo: () => void;
  redo: () => void;
  destroy: () => void;
}

export interface TextEditorOptions {
  parent: ShadowRoot;
  text: string;
  onText: (text: string) => void;
  suggest: (text: string, at: number) => Suggestions | null;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--link)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--text-quiet)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--state-succeeded)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.keyword], color: "var(--state-errored)" },
  { tag: [tags.meta, tags.labelName, tags.typeName], color: "var(--state-awaiting)" },
]);

const THEME = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--ground)", fontSize: "13px" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--ground-raised)", color: "var(--text-quiet)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ground-hover) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--ground-hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--focus) 30%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--ground-hover)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--ground-hover)", outline: "1px solid var(--line-strong)" },
  ".cm-tooltip": { backgroundColor: "var(--ground)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--button)", color: "var(--button-text)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)" },
  ".cm-completionInfo": { fontFamily: "var(--font)", maxWidth: "320px" },
  ".cm-diagnostic": { fontFamily: "var(--font)", whiteSpace: "pre-wrap" },
  ".cm-panels": { backgroundColor: "var(--ground-raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel button, .cm-panel input": { fontFamily: "var(--font)" },
  ".cm-textfield": { backgroundColor: "var(--ground)", color: "var(--text)", borderColor: "var(--line-strong)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--ground)", color: "var(--text)", borderColor: "var(--line-strong)" },
});

function complete(suggest: TextEditorOptions["suggest"]) {
  return (context: CompletionContext): CompletionResult | null => {
    const found = suggest(context.state.doc.toString(), context.pos);
    if (found === null || (!context.explicit && found.from === context.pos)) return null;
    const options = found.options.map(({ label, kind, insert, info }) => ({
      label,
      apply: insert,
      type: kind === "key" ? "property" : "constant",
      ...(info === "" ? {} : { info }),
    }));
    return { from: found.from, options, validFor: /^[\w/-]*$/ };
  };
}

function extensions(onText: TextEditorOptions["onText"], suggest: TextEditorOptions["suggest"]): Extension[] {
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    indentService.of((context, at) => indentAfter(context.lineAt(at, -1).text)),
    indentUnit.of("  "),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    autocompletion({ override: [complete(suggest)], icons: false }),
    // Tab is not taken: the keyboard has to get out of the text again.
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
    yaml(),
    syntaxHighlighting(COLOURS),
    THEME,
    EditorView.contentAttributes.of({ "aria-label": "The pipeline as YAML", "data-editor": "yaml", tabindex: "0" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onText(update.state.doc.toString());
    }),
  ];
}

export function createTextEditor({ parent, text, onText, suggest }: TextEditorOptions): TextEditor {
  const view = new EditorView({
    parent,
    // In a tree of its own the styles are adopted sheets; in the page they would be a style element, which the server's policy refuses.
    root: parent,
    state: EditorState.create({
      doc: text,
      extensions: extensions(onText, suggest),
    }),
  });
  return {
    setText: (next) => {
      const change = changeBetween(view.state.doc.toString(), next);
      if (change !== null) view.dispatch({ changes: change, annotations: Transaction.userEvent.of("edit"), scrollIntoView: false });
    },
    showFindings: (findings) => {
      const { doc } = view.state;
      const shown = findings.map((finding) => ({
        ...placeOf(finding, (line) => (line <= doc.lines ? doc.line(line) : doc.line(doc.lines))),
        severity: finding.severity === "note" ? ("info" as const) : finding.severity,
        message: [finding.message, finding.suggestion].filter(Boolean).join("\n"),
      }));
      view.dispatch(setDiagnostics(view.state, shown.toSorted((one, other) => one.from - other.from)));
    },
    goTo: (line, focus) => {
      const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      if (focus) view.focus();
    },
    undo: () => void undo(view),
    redo: () => void redo(view),
    destroy: () => view.destroy(),
  };
}
