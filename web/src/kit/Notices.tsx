import { Toast } from "radix-ui";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import styles from "./Notices.module.css";

interface Notice {
  id: number;
  text: string;
  undo: (() => void) | null;
}

type Notify = (text: string, undo?: () => void) => void;

const NotifyContext = createContext<Notify>(() => undefined);

const SHOWN_MS = 8000;

/** Short notices at the lower edge, each with a way back where there is one. */
export function Notices({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const notify = useCallback<Notify>((text, undo) => {
    setNotices((shown) => [...shown.slice(-2), { id: (shown.at(-1)?.id ?? 0) + 1, text, undo: undo ?? null }]);
  }, []);
  const remove = useCallback((id: number) => setNotices((shown) => shown.filter((notice) => notice.id !== id)), []);
  const provided = useMemo(() => notify, [notify]);
  return (
    <NotifyContext value={provided}>
      <Toast.Provider duration={SHOWN_MS} label="Notice">
        {children}
        {notices.map(({ id, text, undo }) => (
          <Toast.Root key={id} className={styles.notice ?? ""} onOpenChange={(open) => open || remove(id)}>
            <Toast.Description>{text}</Toast.Description>
            {undo !== null && (
              <Toast.Action altText="Undo" className={styles.undo ?? ""} onClick={undo}>
                Undo
              </Toast.Action>
            )}
            <Toast.Close className={styles.close ?? ""} aria-label="Close the notice">
              ×
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className={styles.viewport ?? ""} label="Notices ({hotkey})" />
      </Toast.Provider>
    </NotifyContext>
  );
}

/** Says something in passing, with a way back where one is given. */
export function useNotify(): Notify {
  return useContext(NotifyContext);
}
