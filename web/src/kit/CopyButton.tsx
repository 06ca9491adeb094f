import { useState } from "react";

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
  const [said, setSaid] = useState<string | null>(null);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setSaid("Copied");
    } catch {
      setSaid("The browser refuses to copy");
    }
    setTimeout(() => setSaid(null), 2000);
  }
  return (
    <button type="button" onClick={() => void copy()}>
      {said ?? label}
    </button>
  );
}
