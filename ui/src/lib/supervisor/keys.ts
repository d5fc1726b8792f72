/** Which step a key asks for in a list of things to read. */
export type Step = 'next' | 'previous' | 'act';

const STEPS: Partial<Record<string, Step>> = { j: 'next', k: 'previous', Enter: 'act' };

/** The step of a key; none while somebody writes, holds another key, or presses a control that has its own Enter. */
export function stepOf(event: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey' | 'target'>): Step | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const at = event.target instanceof Element ? event.target : null;
  if (at?.closest('input, textarea, select, [contenteditable]')) return undefined;
  const step = STEPS[event.key];
  return step === 'act' && at?.closest('button, a[href]:not([data-step])') ? undefined : step;
}

/** Where a step leads in a list; none at its end. */
export function stepFrom<Item>(items: readonly Item[], here: Item | undefined, step: 'next' | 'previous'): Item | undefined {
  const at = here === undefined ? -1 : items.indexOf(here);
  return items[step === 'next' ? at + 1 : at - 1];
}
