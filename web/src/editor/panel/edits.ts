import { createContext } from "react";
import type { Path } from "../document/tree";
import type { Schema } from "../schema/shape";

/** How the fields of the panel change the text, and what they know. */
export interface FieldEdits {
  root: Schema;
  /** Names that a text field offers, by what its key asks for. */
  names: { jobs: readonly string[]; resources: readonly string[]; modules: readonly string[] };
  set: (path: Path, value: unknown) => void;
  remove: (path: Path) => void;
}

const nothing = (): void => undefined;

export const FieldEditsContext = createContext<FieldEdits>({
  root: {},
  names: { jobs: [], resources: [], modules: [] },
  set: nothing,
  remove: nothing,
});
