import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { createBatch } from "./batch";
import { keysTouchedBy } from "./changes";
import { openStream, type StreamState } from "./stream";

const BATCH_MS = 250;

const LiveContext = createContext<StreamState>("connecting");

/** Keeps every cached answer current while it is mounted. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>("connecting");

  useEffect(() => {
    const batch = createBatch(BATCH_MS, (touched) =>
      Promise.all(touched.map((queryKey) => client.invalidateQueries({ queryKey: [...queryKey] }))),
    );
    const close = openStream({
      onState: setState,
      onEvent: (kind, data) => batch.add(keysTouchedBy(kind, data)),
      onFreshStart: () => batch.add([["runs"], ["run"], ["pipelines"], ["runners"], ["line"]]),
    });
    return () => {
      close();
      batch.close();
    };
  }, [client]);

  return <LiveContext value={state}>{children}</LiveContext>;
}

export function useStreamState(): StreamState {
  return useContext(LiveContext);
}
