import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useNavigate } from "react-router";
import { listPipelines } from "../api/client";
import { Dialog } from "../kit/Dialog";
import { keys } from "../live/changes";
import { findCommands, type Command } from "./commands";
import styles from "./Palette.module.css";
import { PLACES } from "./screens";
import { storeTheme, type Theme } from "./theme";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
/** More are found by typing on. */
const SHOWN = 12;

function useCommands(workspace: string, showHelp: () => void): Command[] {
  const navigate = useNavigate();
  const pipelines = useQuery({
    queryKey: keys.pipelines(workspace),
    queryFn: async ({ signal }) => (await listPipelines({ workspace }, signal)).items,
  });
  const places = PLACES.map(({ path, title, key }) => ({
    id: path,
    title,
    group: "Go to",
    keys: `g ${key}`,
    run: () => void navigate(`/w/${workspace}/${path}`),
  }));
  const lines = (pipelines.data ?? []).map(({ name }) => ({
    id: `line ${name}`,
    title: name,
    group: "Pipeline",
    run: () => void navigate(`/w/${workspace}/pipelines/${encodeURIComponent(name)}`),
  }));
  const themes = THEMES.map((theme) => ({ id: `theme ${theme}`, title: `Theme: ${theme}`, group: "Look", run: () => storeTheme(theme) }));
  return [...places, ...lines, ...themes, { id: "help", title: "Keyboard shortcuts", group: "Help", keys: "?", run: showHelp }];
}

/** Everything that can be reached or done from anywhere, found by typing. */
export function Palette({ workspace, onClose, showHelp }: { workspace: string; onClose: () => void; showHelp: () => void }) {
  const id = useId();
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const found = findCommands(useCommands(workspace, showHelp), wanted).slice(0, SHOWN);
  const chosen = Math.min(at, found.length - 1);

  function run(command: Command | undefined): void {
    if (command === undefined) return;
    onClose();
    command.run();
  }

  function onKey(event: React.KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((chosen + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[chosen]);
    }
  }

  return (
    <Dialog title="Commands" quietTitle onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label="Find a command, a screen or a pipeline"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        placeholder="Screen, pipeline or command"
        value={wanted}
        onChange={(event) => {
          setWanted(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Found" className={styles.found}>
        {found.map((command, place) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field above takes the keys
          <li
            key={command.id}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === chosen}
            className={styles.command}
            onClick={() => run(command)}
          >
            <span className="quiet">{command.group}</span>
            <span>{command.title}</span>
            {command.keys && <kbd>{command.keys}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">Nothing fits. A pipeline, a screen or a command is found by any part of its name.</p>}
    </Dialog>
  );
}
