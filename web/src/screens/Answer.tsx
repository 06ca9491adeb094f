import type { ReactNode } from "react";
import { ApiError } from "../api/request";
import styles from "./Answer.module.css";

/** Shown while the first answer is on its way; the style keeps it invisible for the first 200 ms. */
export function Loading() {
  return (
    <p className={styles.loading} role="status">
      Loading…
    </p>
  );
}

/** What happened and what to do, beside whatever is still on screen. */
export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div className={styles.failure} role="alert">
      <p>{error.message}</p>
      {requestId && (
        <p className="quiet">
          Request <code>{requestId}</code>
        </p>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Nothing there yet, and the command that changes it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Command({ children }: { children: string }) {
  return (
    <pre className={styles.command}>
      <code>{children}</code>
    </pre>
  );
}
