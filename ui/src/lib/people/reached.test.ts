import { expect, it } from 'vitest';
import type { PersonRow } from '$lib/api';
import { reachedWords } from './reached';

const NOW = Date.parse('2026-11-22T18:05:00Z');
const HOUR = 3_600_000;

it.each([
  [null, null, 0, null],
  [null, NOW - HOUR, 1, 'Tried once, today, 12:05 PM'],
  [null, NOW - HOUR, 3, 'Tried 3 times, last today, 12:05 PM'],
  [NOW - HOUR, NOW - HOUR, 0, 'Reached today, 12:05 PM'],
  [NOW - 24 * HOUR, NOW, 1, 'Reached yesterday, 1:05 PM · tried once since'],
  [NOW - 24 * HOUR, NOW, 2, 'Reached yesterday, 1:05 PM · tried 2 times since'],
])('reached %s, last tried %s, %i since: %s', (last_reached, last_attempt, attempts, words) => {
  const row = { last_reached, last_attempt, attempts } as PersonRow;
  expect(reachedWords(row, NOW, 'America/New_York')?.replaceAll('\u202f', ' ') ?? null).toBe(words);
});
