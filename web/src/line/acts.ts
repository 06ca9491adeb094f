// What stations can ask of the picture that they stand in.

import { createContext } from "react";

export interface Acts {
  openJob: (job: string) => void;
  lightVersion: (version: string) => void;
  /** The page of a resource, which may be another pipeline's (`other/app`). */
  addressOf: (resource: string) => string;
  /** The pointer or the focus came to a station, or left it (null). */
  pointAt: (station: string | null) => void;
}

export const ActsContext = createContext<Acts>({ openJob: () => undefined, lightVersion: () => undefined, addressOf: () => "", pointAt: () => undefined });

/** The page of a resource as a pipeline names it. */
export function resourceAddress(workspace: string, pipeline: string, resource: string): string {
  const [name, owner] = resource.split("/").toReversed();
  return `/w/${workspace}/resources/${encodeURIComponent(owner ?? pipeline)}/${encodeURIComponent(name ?? "")}`;
}
