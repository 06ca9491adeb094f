// What stations can ask of the picture that they stand in.

import { createContext } from "react";

export interface Acts {
  openJob: (job: string) => void;
  lightVersion: (version: string) => void;
  /** The pointer or the focus came to a station, or left it (null). */
  pointAt: (station: string | null) => void;
}

export const ActsContext = createContext<Acts>({ openJob: () => undefined, lightVersion: () => undefined, pointAt: () => undefined });
