import { expect, it } from 'vitest';
import type { SyncView } from '$lib/api';
import { places } from './places';
import { savedWords } from './saved';
import { checkedWords, syncWords } from './words';

const NOW = Date.parse('2026-11-22T15:20:00Z');
const sync = (more: Partial<SyncView> = {}): SyncView => ({
  phase: 'up_to_date', agreed_at: NOW, on_device: 0, oldest: null, needs_a_look: 0, handed: 0, arriving: 0, progress: null, step: null,
  clock_offset: null, trouble: null, search_incomplete: false, ...more,
});
const counts = (view: SyncView, looks = 0) => Object.fromEntries(places(view, looks, NOW, 'America/New_York').map(({ testid, count }) => [testid, count]));

it('says where everything is that was recorded', () => {
  expect(counts(sync())).toEqual({ 'sync-on-device': 0, 'sync-with-county': 'everything', 'sync-look': 0 });
  expect(counts(sync({ agreed_at: null }))['sync-with-county']).toBe('not compared yet');
  const busy = sync({ on_device: 3, oldest: NOW - 3_600_000, needs_a_look: 1, handed: 2, arriving: 4 });
  expect(counts(busy, 5)).toEqual({ 'sync-on-device': 3, 'sync-with-county': 'everything else', 'sync-look': 5, 'sync-handed': 2, 'sync-arriving': 4 });
  expect(places(busy, 5, NOW, 'America/New_York')[0]?.aside).toMatch(/9:20/);
});

it('says so when all that is left needs a look', () => {
  expect(syncWords(sync({ phase: 'waiting', needs_a_look: 2 }))).toMatchObject({ tone: 'look', short: '2 need a look' });
  expect(syncWords(sync({ phase: 'waiting', needs_a_look: 2, on_device: 1 })).tone).toBe('device');
  expect(syncWords(sync({ phase: 'waiting', handed: 1 })).short).toBe('Handed over');
});

it('has words of its own for a county that was restored', () => {
  const plain = syncWords(sync({ phase: 'trouble', trouble: 'rubbish' }));
  for (const trouble of ['waiting_for_readmission', 'county_restored']) {
    const words = syncWords(sync({ phase: 'trouble', trouble }));
    expect(words.long).not.toBe(plain.long);
    expect(words.more).toBeTruthy();
  }
});

it('says when both last agreed once something is wrong', () => {
  const heard = (view: SyncView) => checkedWords(view, NOW, 'America/New_York').replaceAll('\u202f', ' ');
  expect(heard(sync())).toBe('Checked with the county just now');
  expect(heard(sync({ phase: 'offline', trouble: 'unreachable' }))).toBe('Last up to date with the county: today, 10:20 AM');
  // While it is tried again, nothing is better yet.
  expect(heard(sync({ phase: 'syncing', trouble: 'rubbish', agreed_at: NOW - 3 * 3_600_000 }))).toBe('Last up to date with the county: today, 7:20 AM');
  expect(heard(sync({ phase: 'offline', trouble: 'unreachable', agreed_at: null }))).toBe('Not checked with the county yet');
});

it.each([
  [undefined, 'On this device'],
  [sync({ phase: 'waiting', on_device: 1 }), 'On this device'],
  [sync(), 'With the county'],
  [sync({ phase: 'syncing' }), 'With the county'],
  [sync({ phase: 'waiting', needs_a_look: 1 }), undefined],
  [sync({ phase: 'waiting', handed: 1 }), undefined],
])('says of what was saved where it is: %#', (view, words) => {
  expect(savedWords(view)).toBe(words);
});
