// Every screen of a workspace: its address, and its place in the navigation. A new screen is one entry here.

import { lazy, type ComponentType } from "react";
import { RunnersPage } from "../screens/RunnersPage";

export interface Screen {
  /** Under `/w/:workspace/`. */
  path: string;
  show: ComponentType;
  /** Only what is reached from everywhere has a place in the navigation, in the order of this table. */
  place?: { title: string; /** Pressed after `g`. */ key: string };
  /** It uses the whole width and height of the window. */
  whole?: true;
}

const RunsPage = lazy(async () => ({ default: (await import("../runs/RunsPage")).RunsPage }));
const LinePage = lazy(async () => ({ default: (await import("../line/LinePage")).LinePage }));
const RunPage = lazy(async () => ({ default: (await import("../run/RunPage")).RunPage }));
const JobRunRedirect = lazy(async () => ({ default: (await import("../jobrun/JobRunRedirect")).JobRunRedirect }));
const JobRunPage = lazy(async () => ({ default: (await import("../jobrun/JobRunPage")).JobRunPage }));

const ResourcePage = lazy(async () => ({ default: (await import("../resource/ResourcePage")).ResourcePage }));
const GatePage = lazy(async () => ({ default: (await import("../gate/GatePage")).GatePage }));
const InboxPage = lazy(async () => ({ default: (await import("../inbox/InboxPage")).InboxPage }));
const EnvironmentsPage = lazy(async () => ({ default: (await import("../environments/EnvironmentsPage")).EnvironmentsPage }));
const AuditPage = lazy(async () => ({ default: (await import("../audit/AuditPage")).AuditPage }));

const MonitorPage = lazy(async () => ({ default: (await import("../monitor/MonitorPage")).MonitorPage }));

const SettingsPage = lazy(async () => ({ default: (await import("../settings/SettingsPage")).SettingsPage }));
const PipelinesPage = lazy(async () => ({ default: (await import("../screens/PipelinesPage")).PipelinesPage }));
const EditorPage = lazy(async () => ({ default: (await import("../editor/EditorPage")).EditorPage }));
const NewPipelinePage = lazy(async () => ({ default: (await import("../pipelines/NewPipelinePage")).NewPipelinePage }));
const RevisionsPage = lazy(async () => ({ default: (await import("../pipelines/RevisionsPage")).RevisionsPage }));

export const SCREENS: readonly Screen[] = [
  { path: "runs", show: RunsPage, place: { title: "Runs", key: "r" } },
  { path: "runs/:run", show: RunPage },
  { path: "runs/:run/job-runs/:jobRun", show: JobRunPage },
  { path: "job-runs/:jobRun", show: JobRunRedirect },
  { path: "resources/:pipeline/:resource", show: ResourcePage },
  { path: "inbox", show: InboxPage, place: { title: "Inbox", key: "i" } },
  { path: "gates/:gate", show: GatePage },
  { path: "environments", show: EnvironmentsPage, place: { title: "Environments", key: "e" } },
  { path: "pipelines", show: PipelinesPage, place: { title: "Pipelines", key: "p" } },
  { path: "pipelines/:pipeline", show: LinePage, whole: true },
  { path: "monitor", show: MonitorPage, place: { title: "Monitor", key: "m" } },
  { path: "pipelines/:pipeline/edit", show: EditorPage, whole: true },
  { path: "pipelines/:pipeline/revisions", show: RevisionsPage },
  { path: "new-pipeline", show: NewPipelinePage },
  { path: "runners", show: RunnersPage, place: { title: "Runners", key: "u" } },
  { path: "settings", show: SettingsPage, place: { title: "Settings", key: "s" } },
  { path: "settings/:part", show: SettingsPage },
  { path: "audit", show: AuditPage, place: { title: "Audit", key: "a" } },
];

export interface Place {
  path: string;
  title: string;
  key: string;
}

export const PLACES: readonly Place[] = SCREENS.flatMap(({ path, place }) => (place ? [{ path, ...place }] : []));
