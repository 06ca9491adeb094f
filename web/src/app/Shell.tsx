import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useEffect, useRef, useState } from "react";
import { matchPath, Navigate, Outlet, useLocation, useNavigate, useParams } from "react-router";
import { getMe } from "../api/client";
import { isUnauthenticated } from "../api/request";
import type { Me } from "../api/types";
import { keys } from "../live/changes";
import { LiveProvider } from "../live/LiveProvider";
import { Failure, Loading } from "../screens/Answer";
import { Header } from "./Header";
import { Help } from "./Help";
import { focusSearch, listenToKeys, type Shortcuts } from "./keyboard";
import { Palette } from "./Palette";
import { PLACES, SCREENS } from "./screens";
import styles from "./Shell.module.css";

function useMe() {
  return useQuery({ queryKey: keys.me(), queryFn: ({ signal }) => getMe(signal) });
}

/** Everything behind sign-in: header, live stream, and the screen. */
export function Shell() {
  const me = useMe();
  const location = useLocation();

  if (isUnauthenticated(me.error)) {
    return <Navigate to="/signin" replace state={{ from: location.pathname + location.search }} />;
  }
  if (me.data === undefined) {
    return (
      <main className={styles.main}>
        <h1 className="visually-hidden">Andon</h1>
        {me.error ? <Failure error={me.error} retry={() => void me.refetch()} /> : <Loading />}
      </main>
    );
  }
  return (
    <LiveProvider>
      <Frame me={me.data} />
    </LiveProvider>
  );
}

type Opened = "palette" | "help" | null;

/** The shortcuts of every screen, and the two dialogs that they open. */
function useShortcuts(workspace: string): [Opened, (opened: Opened) => void] {
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Opened>(null);
  const shortcuts = useRef<Shortcuts>({});
  useEffect(() => {
    shortcuts.current = {
      "?": () => setOpened("help"),
      "/": () => focusSearch() || setOpened("palette"),
      ...Object.fromEntries(PLACES.map(({ key, path }) => [`g ${key}`, () => void navigate(`/w/${workspace}/${path}`)])),
    };
  });
  useEffect(() => listenToKeys(() => shortcuts.current, () => setOpened("palette")), []);
  return [opened, setOpened];
}

function Frame({ me }: { me: Me }) {
  const { workspace: named } = useParams();
  const workspace = named ?? homeWorkspace(me);
  const { pathname } = useLocation();
  const client = useQueryClient();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [opened, setOpened] = useShortcuts(workspace);
  const whole = SCREENS.some((screen) => screen.whole && matchPath(`/w/:workspace/${screen.path}`, pathname) !== null);

  // A new screen is announced by moving the focus to it, as a page load would.
  useEffect(() => {
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [pathname]);

  return (
    <>
      <a className={styles.skip} href="#screen">
        Skip to the screen
      </a>
      <Header me={me} workspace={workspace} onSignedOut={() => client.clear()} openPalette={() => setOpened("palette")} />
      <main id="screen" ref={main} tabIndex={-1} className={whole ? styles.whole : styles.main}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      {opened === "palette" && <Palette workspace={workspace} onClose={() => setOpened(null)} showHelp={() => setOpened("help")} />}
      {opened === "help" && <Help onClose={() => setOpened(null)} />}
    </>
  );
}

function homeWorkspace(me: Me): string {
  return me.workspaces[0]?.name ?? "main";
}

export function Home() {
  const me = useMe();
  return me.data ? <Navigate to={`/w/${homeWorkspace(me.data)}/runs`} replace /> : null;
}
