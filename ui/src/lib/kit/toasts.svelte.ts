/** Short news at the foot of the screen: what was saved, and where to find it. */
export interface Toast {
  id: number;
  text: string;
  /** Something was saved: after the text, softer, where it lies now. */
  saved?: boolean;
  /** Softer, after that. */
  detail?: string;
  link?: { label: string; href: string };
}

const shown = $state<Toast[]>([]);
/** News with a link stays longer: there is something to press. */
const DURATION = 5000;
const WITH_LINK = 9000;
let last = 0;
let leaving: ReturnType<typeof setTimeout> | undefined;

export function toasts(): readonly Toast[] {
  return shown;
}

export function toast(news: Omit<Toast, 'id'>): void {
  // One at a time: the latest counts, and no pile hides the list.
  shown.splice(0, shown.length, { ...news, id: ++last });
  release();
}

/** It stays as long as somebody points at it, or has it under the keys. */
export function hold(): void {
  clearTimeout(leaving);
}

/** From now on its time runs. */
export function release(): void {
  clearTimeout(leaving);
  const news = shown[0];
  if (news) leaving = setTimeout(() => dismiss(news.id), news.link ? WITH_LINK : DURATION);
}

export function dismiss(id: number): void {
  const at = shown.findIndex((one) => one.id === id);
  if (at >= 0) shown.splice(at, 1);
}

/** Takes all away: before the screen may be somebody else's. */
export function dismissAll(): void {
  shown.length = 0;
}
