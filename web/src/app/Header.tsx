import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link, NavLink, useNavigate } from "react-router";
import { signOut } from "../api/client";
import type { Me } from "../api/types";
import { countWords } from "../inbox/countWords";
import { useInboxCounts } from "../inbox/useInbox";
import { useStreamState } from "../live/LiveProvider";
import styles from "./Header.module.css";
import { PLACES } from "./screens";
import { nextTheme, storedTheme, storeTheme, type Theme } from "./theme";

interface HeaderProps {
  me: Me;
  workspace: string;
  onSignedOut: () => void;
  openPalette: () => void;
}

export function Header({ me, workspace, onSignedOut, openPalette }: HeaderProps) {
  return (
    <header className={styles.header}>
      <Link className={styles.brand} to={`/w/${workspace}/runs`}>
        <img src="/andon.svg" alt="" width="20" height="20" />
        Andon
      </Link>
      <WorkspaceChoice me={me} workspace={workspace} />
      <nav className={styles.screens} aria-label="Screens">
        {PLACES.map(({ path, title }) => (
          <NavLink key={path} to={`/w/${workspace}/${path}`} className={styles.screen ?? ""}>
            {title}
            {path === "inbox" && <InboxCount workspace={workspace} />}
          </NavLink>
        ))}
      </nav>
      <StreamNote />
      <div className={styles.person}>
        <button type="button" title="Find a screen, a pipeline or a command (Ctrl K)" onClick={openPalette}>
          Find
        </button>
        <ThemeButton />
        <span className={styles.name} title={me.actor}>
          {me.user?.name ?? me.actor}
        </span>
        <SignOutButton onSignedOut={onSignedOut} />
      </div>
    </header>
  );
}

/** How much waits for the reader; nothing where nothing does. */
function InboxCount({ workspace }: { workspace: string }) {
  const counts = useInboxCounts(workspace).data;
  const words = counts ? countWords(counts) : null;
  if (words === null) return null;
  return (
    <span className={styles.count}>
      {words.shown}
      <span className="visually-hidden"> {words.said}</span>
    </span>
  );
}

function WorkspaceChoice({ me, workspace }: { me: Me; workspace: string }) {
  const navigate = useNavigate();
  if (me.workspaces.length < 2) return <span className={styles.workspace}>{workspace}</span>;
  return (
    <select
      className={styles.workspace}
      aria-label="Workspace"
      value={workspace}
      onChange={(event) => void navigate(`/w/${event.target.value}/runs`)}
    >
      {me.workspaces.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

/** Always in the page, so that screen readers hear when its text changes. */
function StreamNote() {
  const reconnecting = useStreamState() === "reconnecting";
  return (
    <span className={styles.note} role="status" data-shown={reconnecting}>
      {reconnecting ? "Reconnecting. What you see may be old." : ""}
    </span>
  );
}

function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const next = nextTheme(theme);
  return (
    <button
      type="button"
      title={`Switch to the ${next} theme`}
      onClick={() => {
        storeTheme(next);
        setTheme(next);
      }}
    >
      <span className="visually-hidden">Theme: </span>
      {{ system: "Auto", light: "Light", dark: "Dark" }[theme]}
    </button>
  );
}

function SignOutButton({ onSignedOut }: { onSignedOut: () => void }) {
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: () => signOut(),
    onSuccess: () => {
      void navigate("/signin", { replace: true });
      onSignedOut();
    },
  });
  return (
    <button type="button" disabled={leave.isPending} title={leave.error?.message} onClick={() => leave.mutate()}>
      {leave.isError ? "Sign out again" : "Sign out"}
    </button>
  );
}
