// What the palette offers, and which of it fits what one types.

export interface Command {
  id: string;
  title: string;
  /** What kind of thing it is: `Go to`, `Pipeline`, `Theme`. */
  group: string;
  /** Its shortcut, where it has one. */
  keys?: string;
  run: () => void;
}

/** How well a title fits: 0 for not at all; the beginning of a word counts more than its middle. */
export function fitOf(title: string, wanted: string): number {
  const text = title.toLowerCase();
  let fit = 1;
  for (const word of wanted.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    fit += at === 0 ? 3 : /[\s/-]/.test(text.charAt(at - 1)) ? 2 : 1;
  }
  return fit;
}

/** Those that fit, best first, otherwise in their own order. */
export function findCommands(commands: readonly Command[], wanted: string): Command[] {
  return commands
    .map((command) => ({ command, fit: Math.max(fitOf(command.title, wanted), fitOf(`${command.group} ${command.title}`, wanted) && 1) }))
    .filter(({ fit }) => fit > 0)
    .toSorted((one, other) => other.fit - one.fit)
    .map(({ command }) => command);
}
