import { useQuery } from "@tanstack/react-query";
import { getPipeline } from "../api/client";
import { ApiError } from "../api/request";
import type { PipelineDetail } from "../api/schema";
import { keys } from "../live/changes";

/** A pipeline with its text in force; null where there is none of this name. */
export function useDefinition(workspace: string, pipeline: string) {
  return useQuery<PipelineDetail | null>({
    queryKey: keys.pipeline(workspace, pipeline),
    queryFn: async ({ signal }) => {
      try {
        return await getPipeline({ workspace, pipeline }, signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}
