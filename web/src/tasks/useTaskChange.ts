import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeTask, changeTasks } from "../api/client";
import type { PatchTask, Task } from "../api/types";
import { keys } from "../live/changes";

function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([["inbox"], ["run"], ["task"]].map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** Changes one task; refuses when somebody else has changed it since it was shown. */
export function useTaskChange(workspace: string, task: Task) {
  const refresh = useRefresh();
  return useMutation({
    mutationKey: [...keys.task(task.id)],
    mutationFn: (change: PatchTask) => changeTask({ workspace, task: task.id }, { ...change, version: task.version }),
    onSettled: refresh,
  });
}

/** Makes one change to several tasks; fails with the reasons of those that were refused. */
export function useTaskChanges(workspace: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ tasks, change }: { tasks: readonly string[]; change: PatchTask }) => {
      const { items } = await changeTasks({ workspace }, { tasks: [...tasks], change });
      const refused = items.filter(({ detail }) => detail != null);
      if (refused.length > 0) throw new Error(`${refused.length} of ${items.length} tasks were not changed. ${refused[0]?.detail ?? ""}`);
      return items;
    },
    onSettled: refresh,
  });
}
