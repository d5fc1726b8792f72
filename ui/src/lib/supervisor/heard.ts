import type { DeviceView, WorkerLoad } from '$lib/api';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';
import { ago, lengthWords, momentWithin } from '$lib/time/words';

/** What the county has heard of each worker: "not yet heard" is never shown as "not done". */

const MINUTE = 60_000;
/** Half a shift without contact: by then a device in the field may hold work. */
export const QUIET = 4 * 60 * MINUTE;
/** Below this a clock is good enough. */
const CLOCK = 2 * MINUTE;

export type Heard = 'heard' | 'unsent' | 'quiet' | 'never' | 'no_device';

/** What is known of one device. */
export function heardOf({ last_contact, unsent }: DeviceView, now: number): Heard {
  if (last_contact === null) return 'never';
  if (unsent > 0) return 'unsent';
  return now - last_contact > QUIET ? 'quiet' : 'heard';
}

/** Up to when everything of a worker has been heard: the device that was silent longest decides. */
export function heardUpTo({ devices }: WorkerLoad): number | null {
  const contacts = devices.map((device) => device.last_contact).filter((at) => at !== null);
  return contacts.length > 0 ? Math.min(...contacts) : null;
}

export interface HeardWords {
  heard: Heard;
  text: string;
  tone: Tone;
}

/** One line for a worker: what may still be on the way. */
export function heardWords(load: WorkerLoad, now: number, zone: string): HeardWords {
  const states = load.devices.map((device) => heardOf(device, now));
  const unsent = load.devices.reduce((sum, device) => sum + device.unsent, 0);
  const silent = load.devices.filter((_, at) => states[at] === 'quiet').map((device) => device.last_contact ?? 0);
  if (states.length === 0) return { heard: 'no_device', text: m.sup_heard_no_device(), tone: 'calm' };
  if (unsent > 0) return { heard: 'unsent', text: m.sup_heard_unsent({ count: unsent }), tone: 'device' };
  if (silent.length > 0) return { heard: 'quiet', text: m.sup_heard_quiet({ when: momentWithin(Math.min(...silent), now, zone) }), tone: 'device' };
  if (states.every((state) => state === 'never')) return { heard: 'never', text: m.sup_heard_never(), tone: 'device' };
  return { heard: 'heard', text: m.sup_heard_all(), tone: 'county' };
}

/** What to say of one device, part by part. */
export function deviceWords(device: DeviceView, now: number): string[] {
  if (device.last_contact === null) return [m.sup_device_never()];
  return [
    m.sup_device_contact({ ago: ago(device.last_contact, now) }),
    device.unsent > 0 ? m.sup_device_unsent({ count: device.unsent }) : m.sup_device_sent(),
    m.sup_device_version({ version: device.app }),
  ];
}

/** A clock that is off by enough to say so. */
export function clockWords({ clock_offset, last_contact }: DeviceView): string | undefined {
  if (last_contact === null) return undefined;
  if (clock_offset > CLOCK) return m.sup_device_ahead({ length: lengthWords(clock_offset) });
  if (clock_offset < -CLOCK) return m.sup_device_behind({ length: lengthWords(-clock_offset) });
  return undefined;
}

/** Those with something overdue first, then by name. */
export function byNeed(loads: readonly WorkerLoad[]): WorkerLoad[] {
  return [...loads].sort((a, b) => b.overdue - a.overdue || a.worker.name.localeCompare(b.worker.name));
}
