import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { createBatch } from "./batch";
import { keysTouchedBy } from "./changes";
import { openStream, type StreamState } from "./stream";

const BATCH_MS = 250;
/** The scheduler stores what it concludes just after the event that made it look; what lines say is asked once more when it has. */
const SETTLED_MS = 1500;

const LiveContext = createContext<StreamState>("connecting");

/** Keeps every cached answer current while it is mounted. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>("connecting");

  useEffect(() => {
    const batch = createBatch(BATCH_MS, (touched) =>
      Promise.all(touched.map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
    );
    let settled: ReturnType<typeof setTimeout> | null = null;
    const close = openStream({
      onState: setState,
      onEvent: (kind, data) => {
        const touched = keysTouchedBy(kind, data);
        batch.add(touched);
        if (!touched.some(([first]) => first === "line")) return;
        if (settled !== null) clearTimeout(settled);
        settled = setTimeout(() => batch.add([["line"]]), SETTLED_MS);
      },
      onFreshStart: () => batch.add([["runs"], ["run"], ["pipelines"], ["runners"], ["line"], ["gate"], ["task"], ["inbox"], ["audit"]]),
    });
    return () => {
      close();
      if (settled !== null) clearTimeout(settled);
      batch.close();
    };
  }, [client]);

  return <LiveContext value={state}>{children}</LiveContext>;
}

export function useStreamState(): StreamState {
  return useContext(LiveContext);
}
