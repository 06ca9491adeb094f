import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Menu.module.css";

export interface MenuItem {
  title: string;
  onSelect: () => void;
  disabled?: boolean;
}

/** A button with a menu. It is not modal: a modal one locks scrolling with a style element, which the server's policy refuses. */
export function Menu({ label, items, children }: { label: string; items: readonly MenuItem[]; children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" aria-label={label}>
          {children}
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu ?? ""} align="end" sideOffset={4}>
          {items.map(({ title, onSelect, disabled }) => (
            <DropdownMenu.Item key={title} className={styles.item ?? ""} disabled={disabled ?? false} onSelect={onSelect}>
              {title}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
