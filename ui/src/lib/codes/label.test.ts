import { describe, expect, it } from 'vitest';
import * as types from '$lib/api/types';
import { m } from '$lib/paraglide/messages.js';
import { faults } from '../../../scripts/check-messages.mjs';
import { key, label, lists, type List } from './label';

const catalogue = m as unknown as Record<string, unknown>;

describe('the catalogues', () => {
  it('are complete, sorted and alike in both languages', () => {
    expect(faults()).toEqual([]);
  });

  it.each(Object.entries(lists))('%s: every code of %s has words', (list, name) => {
    const missing = (types[name] as readonly string[]).filter((code) => !(key(list as List, code) in catalogue));
    expect(missing).toEqual([]);
  });

  it('name every code list that the app has', () => {
    const known = Object.entries(types).filter(([, value]) => Array.isArray(value)).map(([name]) => name);
    expect(known.filter((name) => !Object.values(lists).includes(name as never))).toEqual([]);
  });

  it('show a code from a newer version as it is', () => {
    expect(label('outcome', 'met-at-the_fair')).toBe('met at the fair');
  });
});
