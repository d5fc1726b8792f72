import { describe, expect, it } from 'vitest';
import { byNeed, clockWords, deviceWords, heardOf, heardUpTo, heardWords, QUIET } from './heard';
import { HOUR, NOW, ZONE, aDevice, aLoad, aWorker } from './samples';

describe('what was heard of a device', () => {
  it.each([
    ['heard', aDevice()],
    ['heard', aDevice({ last_contact: NOW - QUIET })],
    ['quiet', aDevice({ last_contact: NOW - QUIET - 1 })],
    ['unsent', aDevice({ unsent: 1 })],
    ['unsent', aDevice({ unsent: 1, last_contact: NOW - 30 * HOUR })],
    ['never', aDevice({ last_contact: null })],
  ])('is %s', (heard, device) => {
    expect(heardOf(device, NOW)).toBe(heard);
  });

  it('says contact, unsent items and version', () => {
    expect(deviceWords(aDevice({ unsent: 4 }), NOW)).toEqual(['Last contact 1 h ago', '4 items unsent then', 'Version 0.1.0']);
    expect(deviceWords(aDevice({ last_contact: null }), NOW)).toEqual(['Has not been in contact yet']);
  });

  it.each([
    [120_000, undefined],
    [120_001, 'Clock 2 min ahead'],
    [-420_000, 'Clock 7 min behind'],
  ])('mentions a clock that is off by %i ms', (clock_offset, words) => {
    expect(clockWords(aDevice({ clock_offset }))).toBe(words);
  });
});

describe('a worker', () => {
  it('has unsent items on all devices together', () => {
    const words = heardWords(aLoad([aDevice({ unsent: 3 }), aDevice({ unsent: 1 })]), NOW, ZONE);
    expect(words).toEqual({ heard: 'unsent', text: '4 items not yet heard', tone: 'device' });
  });

  it('is not heard since the contact of the device that was silent longest', () => {
    const load = aLoad([aDevice({ last_contact: NOW - 6 * HOUR }), aDevice({ last_contact: NOW - 31 * HOUR }), aDevice()]);
    expect(heardWords(load, NOW, ZONE)).toMatchObject({ heard: 'quiet', tone: 'device' });
    expect(heardWords(load, NOW, ZONE).text).toMatch(/^Not heard since yesterday, 3:20\sAM$/);
    expect(heardUpTo(load)).toBe(NOW - 31 * HOUR);
  });

  it.each([
    ['no_device', 'calm', []],
    ['never', 'device', [aDevice({ last_contact: null })]],
    ['heard', 'county', [aDevice(), aDevice({ last_contact: null })]],
  ])('is %s', (heard, tone, devices) => {
    expect(heardWords(aLoad(devices), NOW, ZONE)).toMatchObject({ heard, tone });
  });

  it('comes first with more overdue, then by name', () => {
    const load = (name: string, overdue: number) => aLoad([], { worker: aWorker(name, name, 'ems'), overdue });
    expect(byNeed([load('Lena', 0), load('Dev', 0), load('Maria', 3)]).map(({ worker }) => worker.name)).toEqual(['Maria', 'Dev', 'Lena']);
  });
});
