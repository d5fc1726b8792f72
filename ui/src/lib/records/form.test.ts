import { describe, expect, it } from 'vitest';
import { m } from '$lib/paraglide/messages.js';
import { missing, toAmendment, toFields, toForm } from './form';
import { specs } from './specs';

const phone = specs.phone ?? [];
const seen = { number: ['c1', 'c2'], usable: ['c3'] };

describe('a correction', () => {
  const base = { values: { number: '828-555-0100', usable: true, belongs_to: 'Aunt' }, seen };

  it('sends only what changed, with what was on the screen', () => {
    const form = { ...toForm(phone, base.values), number: ' 828-555-0199 ' };
    expect(toAmendment(phone, form, base)).toEqual({ fields: { number: '828-555-0199' }, seen: { number: ['c1', 'c2'] } });
  });

  it('clears a field with null', () => {
    const form = { ...toForm(phone, base.values), belongs_to: '' };
    expect(toAmendment(phone, form, base)).toEqual({ fields: { belongs_to: null }, seen: {} });
  });

  it('says nothing when nothing changed', () => {
    expect(toAmendment(phone, toForm(phone, base.values), base).fields).toEqual({});
  });
});

describe('a new record', () => {
  const supplies = specs.supply_handout ?? [];

  it('leaves out what was not said, and counts in numbers', () => {
    const form = { ...toForm(supplies, {}), item: 'naloxone-nasal-4mg', kits: '1', doses: '2', lot: '  ', trained: true };
    expect(toFields(supplies, form)).toEqual({ item: 'naloxone-nasal-4mg', kits: 1, doses: 2, trained: true });
  });

  it('names what is missing', () => {
    expect(missing(supplies, toForm(supplies, {}))).toEqual({ item: 'required', kits: 'required' });
    expect(missing(phone, { ...toForm(phone, {}), number: '911' })).toEqual({ number: 'bad_phone' });
  });
});

it('every field has a label', () => {
  const without = Object.entries(specs).flatMap(([kind, all]) => all.filter(({ name }) => !(`field_${kind}_${name}` in m)).map(({ name }) => `${kind}.${name}`));
  expect(without).toEqual([]);
});
