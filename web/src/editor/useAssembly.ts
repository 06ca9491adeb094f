import { useMemo, useState } from "react";
import { useNotify } from "../kit/Notices";
import type { StationActs } from "./canvas/stationActs";
import { addJob, addResource, connect, disconnect, removeStation, renameStation, type Added } from "./document/assembly";
import { removeValue, setValue } from "./document/edits";
import type { End } from "./document/sketch";
import { EditRefused, isRecord, readValues, type Path } from "./document/tree";
import type { StationEdits } from "./panel/Properties";
import type { Work } from "./save/useWork";

/** What is chosen: a station, the pipeline itself, or nothing. */
export type Chosen = End | "pipeline" | null;

export interface Assembly {
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
  /** Was added just now: its name is what one wants to change first. */
  fresh: boolean;
  addJob: (shape: "job" | "gate") => void;
  addResource: (type: string) => void;
  acts: StationActs;
  edits: StationEdits;
  fields: { set: (path: Path, value: unknown) => void; remove: (path: Path) => void };
}

function has(text: string, { kind, name }: End): boolean {
  const room = readValues(text)?.[kind === "job" ? "jobs" : "resources"];
  return isRecord(room) && name in room;
}

/** What the picture, the list and the panel do to the text. */
export function useAssembly(work: Work): Assembly {
  const notify = useNotify();
  const [state, setState] = useState<{ chosen: Chosen; leading: End | null; fresh: boolean }>({ chosen: null, leading: null, fresh: false });
  const { edit, base } = work;
  const { chosen, leading, fresh } = state;
  return useMemo(() => {
    const choose = (next: Chosen): void => setState({ chosen: next, leading: null, fresh: false });
    const add = (make: (text: string) => Added): void => {
      let end: End | null = null;
      const done = edit((text) => {
        const added = make(text);
        end = added.end;
        return added.text;
      });
      if (done) setState({ chosen: end, leading: null, fresh: true });
    };
    const remove = (end: End): void => {
      let [before, after] = ["", ""];
      const done = edit((text) => {
        before = text;
        after = removeStation(text, end);
        return after;
      });
      if (!done) return;
      choose(null);
      notify(`${end.name} is removed from the text`, () =>
        edit((text) => {
          if (text !== after) throw new EditRefused("The text has changed since; undo it step by step with Undo.");
          return before;
        }),
      );
    };
    const lead = (from: End | null): void => setState((now) => ({ ...now, leading: from }));
    const link = (from: End, to: End): void => {
      if (edit((text) => connect(text, from, to))) lead(null);
    };
    const rename = (end: End, name: string): void => {
      if (edit((text) => renameStation(text, end, name, has(base.text, end)))) choose({ kind: end.kind, name });
    };
    const last = chosen !== null && chosen !== "pipeline" && chosen.kind === "job" ? chosen : null;
    return {
      chosen,
      choose,
      fresh,
      addJob: (shape) => add((text) => addJob(text, shape, last)),
      addResource: (type) => add((text) => addResource(text, type)),
      acts: { choose, lead, connect: link, remove, move: () => undefined, leading },
      edits: { rename, remove, connect: link, disconnect: (from, to) => edit((text) => disconnect(text, from, to)) },
      fields: { set: (path, value) => edit((text) => setValue(text, path, value)), remove: (path) => edit((text) => removeValue(text, path)) },
    };
  }, [chosen, leading, fresh, edit, base.text, notify]);
}
