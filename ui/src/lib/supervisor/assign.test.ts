import { describe, expect, it } from 'vitest';
import { leads, nextAfter, pick, requestFor } from './assign';
import { aView, anEvent } from './samples';

describe('who can lead', () => {
  it('lists peers first, then paramedics, then everybody else, by name, and nobody who left', () => {
    expect(leads(aView()).map((worker) => worker.name)).toEqual(['Lena Whitfield', 'Maria Ortiz', 'Dev Patel', 'Omar Haddad', 'Ruth Kane']);
  });

  it('leaves the answer of the app as it was', () => {
    const view = aView();
    const before = view.workers.map((worker) => worker.user);
    leads(view);
    expect(view.workers.map((worker) => worker.user)).toEqual(before);
  });
});

describe('picking a lead', () => {
  it('brings the partner who usually goes along', () => {
    expect(pick(aView(), 'e1', 'maria')).toEqual({ event: 'e1', lead: 'maria', partner: 'dev' });
  });

  it.each([
    ['has no usual partner', 'omar'],
    ['usually goes with somebody who left', 'lena'],
    ['is named as their own partner', 'ruth'],
  ])('brings nobody for a lead who %s', (_, lead) => {
    expect(pick(aView(), 'e1', lead).partner).toBeNull();
  });
});

describe('what is sent', () => {
  it('names person, case, lead and partner', () => {
    const given = requestFor(anEvent(), { event: 'e1', lead: 'maria', partner: null });
    expect(given).toEqual({ person: 'p1', case: 'c1', lead: 'maria', partner: null });
  });

  it('is nothing while there is no case', () => {
    expect(requestFor(anEvent({ case: null }), { event: 'e1', lead: 'maria', partner: null })).toBeNull();
  });
});

describe('what comes next', () => {
  it.each([
    ['the one after', 'b', 'c'],
    ['the one before the last', 'c', 'b'],
    ['the first, if it is not in the list', 'z', 'a'],
  ])('is %s', (_, gone, next) => {
    expect(nextAfter(['a', 'b', 'c'], (item) => item === gone)).toBe(next);
  });

  it('is nothing after the only one', () => {
    expect(nextAfter(['a'], (item) => item === 'a')).toBeUndefined();
  });
});
