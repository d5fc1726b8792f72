/** Short news at the foot of the screen: what was saved, and where to find it. */
export interface Toast {
  id: number;
  text: string;
  /** Softer, after the text: where it lies now. */
  detail?: string;
  link?: { label: string; href: string };
}

const shown = $state<Toast[]>([]);
const DURATION = 9000;
let last = 0;

export function toasts(): readonly Toast[] {
  return shown;
}

export function toast(news: Omit<Toast, 'id'>): void {
  const id = ++last;
  // One at a time: the latest counts, and no pile hides the list.
  shown.splice(0, shown.length, { ...news, id });
  setTimeout(() => dismiss(id), DURATION);
}

export function dismiss(id: number): void {
  const at = shown.findIndex((one) => one.id === id);
  if (at >= 0) shown.splice(at, 1);
}
