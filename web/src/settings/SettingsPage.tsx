import type { ComponentType } from "react";
import { Navigate, NavLink, useParams } from "react-router";
import { useMay } from "../app/role";
import { RunnerList } from "../screens/RunnersPage";
import { useTitle } from "../screens/title";
import { useWorkspace } from "../screens/workspace";
import { Channels } from "./Channels";
import { Deliveries } from "./Deliveries";
import { Groups } from "./Groups";
import { Members } from "./Members";
import { Notifications } from "./Notifications";
import { Part } from "./Part";
import { PARTS, type PartPath } from "./parts";
import { Secrets } from "./Secrets";
import styles from "./SettingsPage.module.css";
import { Tokens } from "./Tokens";

export interface PartProps {
  workspace: string;
}

function Runners({ workspace }: PartProps) {
  return (
    <Part title="Runners" about="Who does the work of all workspaces, with their labels and how much they have to do.">
      <RunnerList workspace={workspace} />
    </Part>
  );
}

const SHOWN: Record<PartPath, ComponentType<PartProps>> = {
  members: Members,
  groups: Groups,
  tokens: Tokens,
  secrets: Secrets,
  notifications: Notifications,
  channels: Channels,
  deliveries: Deliveries,
  runners: Runners,
};

export function SettingsPage() {
  const workspace = useWorkspace();
  const asked = useParams().part;
  const part = PARTS.find(({ path }) => path === asked);
  const isEditor = useMay(workspace, "editor");
  useTitle(part ? `${part.title} · Settings` : "Settings");
  if (!part) return <Navigate to={`/w/${workspace}/settings/${PARTS[0].path}`} replace />;
  const Shown = SHOWN[part.path];
  return (
    <>
      <h1>Settings</h1>
      <div className={styles.settings}>
        <nav className={styles.parts} aria-label="Parts of the settings">
          {PARTS.filter(({ role }) => role === "viewer" || isEditor).map(({ path, title }) => (
            <NavLink key={path} to={`/w/${workspace}/settings/${path}`}>
              {title}
            </NavLink>
          ))}
        </nav>
        <Shown key={workspace} workspace={workspace} />
      </div>
    </>
  );
}
