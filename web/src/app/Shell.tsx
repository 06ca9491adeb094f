import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Navigate, Outlet, useLocation, useParams } from "react-router";
import { getMe } from "../api/client";
import { isUnauthenticated } from "../api/request";
import type { Me } from "../api/types";
import { keys } from "../live/changes";
import { LiveProvider } from "../live/LiveProvider";
import { Failure, Loading } from "../screens/Answer";
import { Header } from "./Header";
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

function Frame({ me }: { me: Me }) {
  const { workspace } = useParams();
  const { pathname } = useLocation();
  const client = useQueryClient();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

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
      <Header me={me} workspace={workspace ?? homeWorkspace(me)} onSignedOut={() => client.clear()} />
      <main id="screen" ref={main} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
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
