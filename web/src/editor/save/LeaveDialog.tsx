import { useBlocker } from "react-router";
import { Dialog } from "../../kit/Dialog";
import styles from "./SaveDialog.module.css";

/** Asks before another screen takes the place of unsaved work. `onDiscard` lets go of it. */
export function LeaveDialog({ dirty, kept, onDiscard }: { dirty: boolean; kept: boolean; onDiscard: () => void }) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname);
  if (blocker.state !== "blocked") return null;
  return (
    <Dialog title="Your changes are not saved" onClose={() => blocker.reset()}>
      <p>
        {kept
          ? "The server does not have them yet. This browser keeps them, and shows them when you open the editor of this pipeline again."
          : "The server does not have them yet, and this browser does not keep them. Stay to save or export them."}
      </p>
      <div className={styles.acts}>
        <button type="button" data-weight="first" onClick={() => blocker.reset()}>
          Stay
        </button>
        {kept && (
          <button type="button" onClick={() => blocker.proceed()}>
            Leave, keep the changes
          </button>
        )}
        <button
          type="button"
          onClick={() => {
            onDiscard();
            blocker.proceed();
          }}
        >
          Leave and discard them
        </button>
      </div>
    </Dialog>
  );
}
