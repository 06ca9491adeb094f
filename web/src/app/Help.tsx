import { Dialog } from "../kit/Dialog";
import styles from "./Palette.module.css";
import { PLACES } from "./screens";

const ALWAYS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "Find a screen, a pipeline or a command"],
  ["/", "Search on this screen"],
  ["?", "These shortcuts"],
];

export function Help({ onClose }: { onClose: () => void }) {
  const places = PLACES.map(({ title, key }) => [`g ${key}`, title] as const);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className={styles.keys}>
        {[...ALWAYS, ...places].map(([keys, title]) => (
          <div key={keys} className={styles.pair}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet">In a line, arrow keys move the picture and Tab goes from job to job. The list shows the same for a keyboard.</p>
      <div>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
