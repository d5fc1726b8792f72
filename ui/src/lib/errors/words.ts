import type { Refused } from '$lib/api';
import { m } from '$lib/paraglide/messages.js';
import { lengthWords } from '$lib/time/words';

const catalogue = m as unknown as Record<string, (() => string) | undefined>;

/** Words for a code; a code that this version does not know gets calm, general ones. */
export function codeWords(code: string): string {
  return (catalogue[`error_${code}`] ?? m.error_other)();
}

/** Words for what was refused, with the time to wait where there is one. */
export function errorWords(refused: Refused): string {
  const words = codeWords(refused.code);
  return refused.waitMs ? `${words} ${m.error_wait({ length: lengthWords(refused.waitMs) })}` : words;
}

/** Words for one field, if that is what was refused. */
export function fieldError(refused: Refused | undefined, field: string): string | undefined {
  return refused?.field === field ? codeWords(refused.code) : undefined;
}
