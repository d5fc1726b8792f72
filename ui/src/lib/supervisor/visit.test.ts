import { describe, expect, it } from 'vitest';
import type { PersonView } from '$lib/api';
import { stepFrom, stepOf } from './keys';
import { HOUR, NOW, ZONE, aRecord, aVisit } from './samples';
import { byTime, groups, moreOf, stateOf, titleOf, told, whenAndWhere } from './visit';

describe('a visit to read', () => {
  it('comes before those that happened later', () => {
    const visits = [aVisit('v3', NOW), aVisit('v2', NOW - HOUR), aVisit('v1', NOW)];
    expect(byTime(visits).map(({ visit }) => visit)).toEqual(['v2', 'v1', 'v3']);
  });

  it('shows every record once, those of an unknown kind last', () => {
    const records = [aRecord('x', 'photo_album', {}), aRecord('f', 'follow_up', {}), aRecord('s', 'supply_handout', {}), aRecord('n', 'peer_note', {})];
    const shown = groups(aVisit('v1', NOW, records));
    expect(shown.map((group) => group.records.map(({ record }) => record))).toEqual([['s'], ['f'], ['x']]);
  });

  it('tells of the attempt only where it says more than when and where', () => {
    expect(told(aVisit('v1', NOW)).map(({ kind }) => kind)).toEqual(['visit']);
    const voided = aVisit('v1', NOW, [], { voided: 'wrong person' });
    expect(told(voided).map(({ kind }) => kind)).toEqual(['contact_attempt', 'visit']);
  });

  it.each([
    ['county', ['county', 'county']],
    ['device', ['county', 'device']],
    ['look', ['device', 'look']],
  ])('is as safe as its weakest record: %s', (state, states) => {
    const records = states.map((each, at) => aRecord(`r${at}`, 'referral', {}, { state: each }));
    expect(stateOf(aVisit('v1', NOW, records))).toBe(state);
  });

  it('says who, when, how, and where as soon as the place is known', () => {
    const visit = aVisit('v1', NOW);
    const place = aRecord('pl1', 'place', { kind: 'home', street: '14 Grove St', city: 'Pineville' });
    const person = { places: [place], phones: [] } as unknown as PersonView;
    expect(whenAndWhere(visit, undefined, NOW, ZONE)).toMatch(/^Maria Ortiz · Today, 10:20\sAM · At the door$/);
    expect(whenAndWhere(visit, person, NOW, ZONE)).toMatch(/ · At the door · 14 Grove St, Pineville$/);
  });

  it('quotes a step forward and says where a referral stands', () => {
    expect(titleOf(aRecord('s', 'step_forward', { text: 'Called her sister' }), NOW, ZONE)).toBe('“Called her sister”');
    const referral = aRecord('r', 'referral', { category: 'moud', status: 'failed', outcome: 'did-not-attend', why_not: 'no-transport' });
    expect(moreOf(referral)).toBe('Did not work out · Did not get there · No way to get there');
    expect(moreOf(aRecord('f', 'follow_up', {}))).toBeUndefined();
  });
});

describe('keys', () => {
  const key = (key: string, tag = 'div', more: Partial<KeyboardEvent> = {}) => {
    const target = document.createElement(tag);
    if (tag === 'a') target.setAttribute('href', '#/');
    return stepOf({ key, altKey: false, ctrlKey: false, metaKey: false, target, ...more });
  };

  it('go on, back and to the button', () => {
    expect([key('j'), key('k'), key('Enter')]).toEqual(['next', 'previous', 'act']);
  });

  it('mean nothing while somebody writes, with another key, or where Enter has a meaning of its own', () => {
    expect([key('j', 'textarea'), key('k', 'input'), key('j', 'div', { ctrlKey: true }), key('Enter', 'button'), key('Enter', 'a'), key('x')]).toEqual(Array(6).fill(undefined));
    expect(key('j', 'a')).toBe('next');
  });

  it('stop at the ends of the list', () => {
    expect(stepFrom(['a', 'b'], 'a', 'next')).toBe('b');
    expect(stepFrom(['a', 'b'], 'b', 'next')).toBeUndefined();
    expect(stepFrom(['a', 'b'], 'a', 'previous')).toBeUndefined();
    expect(stepFrom(['a', 'b'], undefined, 'next')).toBe('a');
  });
});
