import { useNavigate } from "react-router";
import { getPipeline } from "../api/client";
import { Menu, MenuAct } from "../kit/Menu";
import { useNotify } from "../kit/Notices";
import { downloadPipeline } from "./download";

/** What can be done with a pipeline of the list. */
export function PipelineMenu({ workspace, pipeline }: { workspace: string; pipeline: string }) {
  const navigate = useNavigate();
  const notify = useNotify();
  const to = (place: string) => void navigate(`/w/${workspace}/pipelines/${encodeURIComponent(pipeline)}${place}`);
  async function exportText(): Promise<void> {
    try {
      downloadPipeline(pipeline, (await getPipeline({ workspace, pipeline })).text);
    } catch (error) {
      notify(error instanceof Error ? error.message : `${pipeline} could not be read`);
    }
  }
  return (
    <Menu label={`What can be done with ${pipeline}`}>
      <MenuAct onAct={() => to("")}>View the line</MenuAct>
      <MenuAct onAct={() => to("/edit")}>Edit</MenuAct>
      <MenuAct onAct={() => to("/revisions")}>Revisions</MenuAct>
      <MenuAct onAct={() => void exportText()}>Export</MenuAct>
    </Menu>
  );
}
