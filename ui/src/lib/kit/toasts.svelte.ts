/** Short news at the foot of the screen: what was saved, and where to find it. */
export interface Toast {
  id: number;
  text: string;
  /** Softer, after the text: where it lies now. */
  detail?: string;
  link?: { label: string; href: string };
}

const shown = $state<Toast[]>([]);
/** News with a link stays longer: there is something to press. */
const DURATION = 5000;
const WITH_LINK = 9000;
let last = 0;

export function toasts(): readonly Toast[] {
  return shown;
}

export function toast(news: Omit<Toast, 'id'>): void {
  const id = ++last;
  // One at a time: the latest counts, and no pile hides the list.
  shown.splice(0, shown.length, { ...news, id });
  setTimeout(() => dismiss(id), news.link ? WITH_LINK : DURATION);
}

export function dismiss(id: number): void {
  const at = shown.findIndex((one) => one.id === id);
  if (at >= 0) shown.splice(at, 1);
}

/** Takes all away: before the screen may be somebody else's. */
export function dismissAll(): void {
  shown.length = 0;
}
