import { describe, expect, it } from 'vitest';
import { nameOf } from '$lib/people/name';
import { ageWords, asksForMatch, byClock, clockOf, naloxoneWords, reachWords, reasonWords, transportWords } from './event';
import { HOUR, NOW, anEvent } from './samples';

const withValues = (values: Record<string, unknown>) => anEvent({}, values).event;

describe('the clock', () => {
  it('is the one of the case', () => {
    expect(clockOf(anEvent()).by).toBe(NOW + HOUR);
  });

  it('runs for 72 hours from the event where there is no case yet', () => {
    const event = anEvent({ case: null });
    event.person.due = null;
    expect(clockOf(event).by).toBe(NOW + HOUR);
  });

  it('does not take an older follow-up for the first contact', () => {
    const event = anEvent();
    event.person.due = { what: 'follow_up', by: NOW - 9 * HOUR, day: '2026-11-22', not_heard_since: null };
    expect(clockOf(event)).toEqual({ what: 'first_contact', by: NOW + HOUR, day: null, not_heard_since: null });
  });

  it('puts the event first that has the least time left', () => {
    const at = (record: string, by: number) => {
      const item = anEvent();
      item.event.record = record;
      item.person.due = { what: 'first_contact', by, day: null, not_heard_since: null };
      return item;
    };
    const sorted = byClock([at('d', NOW + 5), at('b', NOW - 5), at('c', NOW + 5), at('a', NOW + 9)]);
    expect(sorted.map((item) => item.event.record)).toEqual(['b', 'c', 'd', 'a']);
  });
});

describe('what the report says', () => {
  it.each([
    [true, true, 'Usable phone and address in the report', true],
    [true, false, 'Usable phone, no usable address in the report', true],
    [false, true, 'Usable address, no usable phone in the report', true],
    [false, false, 'No usable phone or address in the report', false],
  ])('with phone %s and address %s', (phone_usable, address_usable, text, some) => {
    expect(reachWords(withValues({ phone_usable, address_usable }))).toEqual({ text, some });
  });

  it('says nothing of phone and address where nobody looked', () => {
    expect(reachWords(withValues({}))).toBeNull();
  });

  it.each([
    [{ naloxone_given: 'yes', naloxone_doses: 2, naloxone_response: 'improved' }, 'Naloxone given, 2 doses: the person improved'],
    [{ naloxone_given: 'yes', naloxone_doses: 1, naloxone_response: 'unknown' }, 'Naloxone given, 1 dose'],
    [{ naloxone_given: 'yes' }, 'Naloxone given'],
    [{ naloxone_given: 'no' }, 'No naloxone given'],
    [{}, 'Not known whether naloxone was given'],
  ])('naloxone %j', (values, words) => {
    expect(naloxoneWords(withValues(values))).toBe(words);
  });

  it('names the hospital, and a transport that a newer version knows', () => {
    expect(transportWords(withValues({ transport: 'transported', destination: 'Pine General' }))).toBe('Taken to the hospital: Pine General');
    expect(transportWords(withValues({ transport: 'by-air' }))).toBe('by air');
    expect(transportWords(withValues({ transport: 'unknown' }))).toBeNull();
  });

  it('explains triage in words, and shows a reason that it does not know', () => {
    const event = withValues({ triage_reasons: ['naloxone_improved', 'seen_by_drone'] });
    expect(reasonWords(event)).toEqual(['The person improved after naloxone', 'seen by drone']);
    expect(reasonWords(withValues({}))).toEqual([]);
  });

  it('takes the age from the report where the person has none', () => {
    const event = anEvent({}, { age_years: 51 });
    event.person.age = null;
    expect(ageWords(event)).toBe('51 years old');
    expect(ageWords({ ...event, event: withValues({}) })).toBe('Age not known');
  });

  it('calls a person without a name what they are', () => {
    expect(nameOf('  ')).toBe('No name in the report');
    expect(nameOf('Bird')).toBe('Bird');
  });

  it('asks about a match until somebody has decided', () => {
    expect(asksForMatch(anEvent({ possible_match: 'p2' }))).toBe(true);
    expect(asksForMatch(anEvent({ possible_match: 'p2' }, { match_decision: 'different' }))).toBe(false);
    expect(asksForMatch(anEvent())).toBe(false);
  });
});
