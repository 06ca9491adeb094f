import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { getLibrary, getSchema, listModules } from "../api/client";
import { keys } from "../live/changes";
import type { Knowledge } from "./complete/suggest";
import { sketchLine, type Sketch } from "./document/sketch";
import { readValues } from "./document/tree";
import { recordAt, resolve, schemasAt, valuesOf, type Schema } from "./schema/shape";

const NOTHING: Schema = {};

/** What completion and the panel are made of. The schema comes with the server, so it is asked for once. */
export function useLanguage(workspace: string): Omit<Knowledge, "values"> {
  const schema = useQuery({ queryKey: keys.ofServer("schema"), queryFn: ({ signal }) => getSchema(signal), staleTime: Infinity });
  const library = useQuery({ queryKey: keys.ofServer("library"), queryFn: ({ signal }) => getLibrary(signal), staleTime: Infinity });
  const own = useQuery({ queryKey: keys.modules(workspace), queryFn: async ({ signal }) => (await listModules({ workspace }, signal)).items });
  return useMemo(() => {
    const modules = [...(library.data?.modules ?? []), ...(own.data ?? [])].map(({ uses, meaning }) => ({ uses, description: meaning?.description ?? null }));
    return { schema: schema.data ?? NOTHING, modules };
  }, [schema.data, library.data, own.data]);
}

export interface Readable {
  values: Record<string, unknown>;
  sketch: Sketch;
  /** Whether they are of the text as it stands; otherwise of the last one that could be read. */
  current: boolean;
}

/** What the text says. While one types it may be broken for a moment: then what it said last. */
export function useReadable(text: string): Readable {
  const read = useMemo(() => readValues(text), [text]);
  const [last, setLast] = useState<Record<string, unknown>>(read ?? {});
  if (read !== null && read !== last) setLast(read);
  const values = read ?? last;
  const sketch = useMemo(() => sketchLine(values), [values]);
  return { values, sketch, current: read !== null };
}

/** The types that a resource may have. */
export function resourceTypes(schema: Schema): string[] {
  const [file] = schemasAt(schema, [], undefined);
  const entries = file === undefined ? undefined : recordAt(file, "properties").resources?.additionalProperties;
  const resource = resolve(schema, (entries ?? {}) as Schema);
  const among = Array.isArray(resource.oneOf) ? (resource.oneOf as Schema[]) : [];
  return among.flatMap((each) => valuesOf(recordAt(resolve(schema, each), "properties").type ?? {})).map(String);
}
