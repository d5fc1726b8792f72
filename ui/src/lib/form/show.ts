import { tick } from 'svelte';

/** Brings the first thing that is wrong into sight, once its words are on the screen. */
export async function showFault(): Promise<void> {
  await tick();
  document.querySelector('[data-testid="field-error"]')?.scrollIntoView({ block: 'center' });
}
