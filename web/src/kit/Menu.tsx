import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Menu.module.css";

/** A button with a list of acts. It does not lock the page: that would need a style element, which the server's policy refuses. */
export function Menu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className={styles.open} aria-label={label}>
          ⋯
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content className={styles.menu ?? ""} align="end" sideOffset={4} collisionPadding={8}>
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

interface MenuActProps {
  children: ReactNode;
  onAct: () => void;
  /** Why it cannot be chosen; shown with it. */
  refused?: string | null;
}

export function MenuAct({ children, onAct, refused = null }: MenuActProps) {
  return (
    <DropdownMenu.Item className={styles.act ?? ""} disabled={refused !== null} onSelect={onAct}>
      {children}
      {refused !== null && <span className={styles.why}>{refused}</span>}
    </DropdownMenu.Item>
  );
}
