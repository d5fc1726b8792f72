import { describe, expect, it } from 'vitest';
import { emptyVisit, isPlaceNamed, toRequest } from './form';

const NOW = Date.parse('2026-11-22T15:00:00Z');
const request = (form: Partial<ReturnType<typeof emptyVisit>>) => toRequest('p', { ...emptyVisit(), ...form }, NOW, 'visit:p');

describe('a visit', () => {
  it('is complete without a word', () => {
    expect(request({})).toEqual({
      person: 'p', draft: 'visit:p', attempt: { outcome: 'reached-survivor', happened_at: NOW }, visit: { happened_at: NOW, present: ['person'] },
      supplies: [], referrals: [], steps: [], follow_ups: [], fulfils: [],
    });
  });

  it('brings a new place along, where the person was just seen', () => {
    const newPlace = { kind: 'street', label: 'Bench behind the library', street: '', city: '', directions: '' };
    const { place, attempt } = request({ place: 'new', newPlace });
    expect(place).toEqual({ kind: 'street', label: 'Bench behind the library', last_seen: NOW });
    expect(attempt).not.toHaveProperty('place');
    expect(isPlaceNamed({ ...emptyVisit(), newPlace: { ...newPlace, label: ' ' } })).toBe(false);
  });

  it('carries everything that was given and agreed, at the time that was set back', () => {
    const earlier = NOW - 3_600_000;
    const made = request({
      place: 'r1', happened_at: earlier, step: ' Called his sister ', stepArea: 'connection', followUp: { due_on: '2026-11-27', kind: 'visit', note: '' },
      supplies: [{ item: 'naloxone-nasal-4mg', kits: '1', doses: '2', lot: 'NX4471', expires_on: '', recipient: 'survivor', trained: true, refill: null, refill_reason: null }],
      referrals: [{ category: 'moud', service: 'Pine Clinic', handoff: null, note: '' }],
    });
    expect(made.attempt).toEqual({ outcome: 'reached-survivor', happened_at: earlier, place: 'r1' });
    expect(made.supplies).toEqual([{ item: 'naloxone-nasal-4mg', kits: 1, doses: 2, lot: 'NX4471', recipient: 'survivor', trained: true, happened_at: earlier }]);
    expect(made.referrals).toEqual([{ category: 'moud', service: 'Pine Clinic', status: 'requested', offered_at: earlier }]);
    expect(made.steps).toEqual([{ text: 'Called his sister', area: 'connection', happened_at: earlier }]);
    expect(made.follow_ups).toEqual([{ kind: 'visit', due_on: '2026-11-27' }]);
  });
});
