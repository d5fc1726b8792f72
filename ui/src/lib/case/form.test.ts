import { describe, expect, it } from 'vitest';
import { amendment, asksWhen, begin, reopening } from './form';

const NOW = 1_795_000_000_000;
const before = { values: { stage: 'reached', opened_at: 1 }, seen: { stage: ['s1', 's2'] } };
const paused = { values: { stage: 're-contact-later', contact_again_on: '2026-12-01' }, seen: { stage: ['s3'], contact_again_on: ['d1'] } };

describe('another stage', () => {
  it('sends only what changed, with what was on the screen', () => {
    expect(amendment('stage', { ...begin('stage', before), stage: 'linked' }, NOW)).toEqual({ fields: { stage: 'linked' }, seen: { stage: ['s1', 's2'] } });
  });

  it('says nothing when nothing changed', () => {
    expect(amendment('stage', begin('stage', paused), NOW)).toEqual({ fields: {}, seen: {} });
  });

  it('clears the day to ask again once it is no longer later', () => {
    expect(amendment('stage', { ...begin('stage', paused), stage: 'engaged' }, NOW)).toEqual({
      fields: { stage: 'engaged', contact_again_on: null },
      seen: { stage: ['s3'], contact_again_on: ['d1'] },
    });
  });

  it('keeps somebody in mind for later without closing', () => {
    const form = { ...begin('later', before), contact_again_on: '2026-12-24' };
    expect(amendment('later', form, NOW).fields).toEqual({ stage: 're-contact-later', contact_again_on: '2026-12-24' });
  });
});

describe('closing', () => {
  it('names the reason, the moment and whether to ask again', () => {
    const form = { ...begin('close', before), closing_reason: 'moved-out-of-area', may_contact_again: 'yes', contact_again_on: '2027-01-10' };
    expect(amendment('close', form, NOW)).toEqual({
      fields: { stage: 'closed', closing_reason: 'moved-out-of-area', closed_at: NOW, may_contact_again: 'yes', contact_again_on: '2027-01-10' },
      seen: { stage: ['s1', 's2'] },
    });
  });

  it.each([
    ['a death', { closing_reason: 'deceased', may_contact_again: 'yes' }],
    ['a wish to be left alone', { closing_reason: 'declined-further-contact', may_contact_again: 'no' }],
  ])('plans nothing after %s', (_, said) => {
    const form = { ...begin('close', paused), ...said };
    expect(asksWhen('close', form)).toBe(false);
    expect(amendment('close', form, NOW).fields).toMatchObject({ may_contact_again: 'no', contact_again_on: null });
  });
});

it('opens again as reached, without the reason and the day', () => {
  const closed = { values: { stage: 'closed', closing_reason: 'unable-to-reach', closed_at: 5, contact_again_on: '2027-01-10' }, seen: { stage: ['a'], closing_reason: ['b'], closed_at: ['c'], contact_again_on: ['d'] } };
  expect(reopening(closed)).toEqual({ fields: { stage: 'reached', closed_at: null, closing_reason: null, contact_again_on: null }, seen: closed.seen });
});
