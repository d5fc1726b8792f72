import { describe, expect, it } from 'vitest';
import type { HandedOverView, LookView, QuarantineItem } from '$lib/api';
import { setLocale } from '$lib/paraglide/runtime.js';
import { correctable, foreign, itemWords, waiting, workWords } from './words';

function anItem(more: Partial<QuarantineItem> = {}): QuarantineItem {
  return {
    change: 'c1', record: 'r1', kind: 'contact_attempt', op: 'create', person: 'p1', person_name: 'Rosa', state: 'refused',
    waits_for: null, code: 'not_allowed', field: null, values: { outcome: 'no-answer', note: 'by the river' }, at: 0, handed_at: null, ...more,
  };
}
const names = (item: QuarantineItem) => correctable(item).map(({ name }) => name);

/** What the county refuses with, beyond single fields. */
const CODES = ['not_allowed', 'not_found', 'not_yours', 'wrong_record', 'too_long', 'malformed'];

describe('something that the county did not take', () => {
  it.each(['en', 'es'] as const)('has words of its own for every code, in %s', (locale) => {
    void setLocale(locale, { reload: false });
    const general = itemWords(anItem({ code: 'something_from_next_year' })).why;
    const said = CODES.map((code) => itemWords(anItem({ code })).why);
    expect(new Set([general, ...said]).size).toBe(CODES.length + 1);
    void setLocale('en', { reload: false });
  });

  it('names the field that was refused, and what a held one waits for', () => {
    expect(itemWords(anItem({ code: 'too_long', field: 'note' })).why).toMatch(/^Remark: /);
    expect(itemWords(anItem({ state: 'held', code: null, waits_for: 'person' })).why).toContain('Person');
    expect(itemWords(anItem({ handed_at: 7 })).tone).toBe('calm');
  });

  it('can be put right where a form asks for it, and where it was named', () => {
    expect(names(anItem())).toEqual(['happened_at', 'mode', 'outcome', 'note']);
    expect(names(anItem({ op: 'amend', values: { note: 'x' } }))).toEqual(['note']);
    expect(names(anItem({ op: 'void', values: {} }))).toEqual([]);
    expect(names(anItem({ kind: 'case', op: 'amend', field: 'opened_at', values: { opened_at: 1 } }))).toEqual(['opened_at']);
  });

  it('may hold what this version does not know, which can be left out', () => {
    expect(foreign(anItem({ values: { note: 'x', pasted: 'y', case: 'c' } }))).toEqual(['pasted']);
    expect(foreign(anItem({ kind: 'of_next_year' }))).toEqual([]);
  });
});

it('says what a draft was of', () => {
  expect(workWords('attempt')).toBe(workWords('contact_attempt'));
  expect(workWords('edit')).toBe('Correction');
});

it('counts what waits for a decision of this user, and nothing else', () => {
  const handed = (settled_at: number | null) => ({ settled_at }) as HandedOverView;
  const look: LookView = { conflicts: [], quarantine: [anItem(), anItem({ handed_at: 7 })], handed_over: [handed(null), handed(3)], handed_over_waiting: 1, rehomed: [] };
  expect(waiting(look)).toBe(2);
  expect(waiting({ ...look, rehomed: [{ draft: true, kind: 'visit', at: 1 }, { draft: true, kind: 'visit', at: 2 }] })).toBe(3);
});
