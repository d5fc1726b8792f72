import CloudCheck from '@lucide/svelte/icons/cloud-check';
import CloudDownload from '@lucide/svelte/icons/cloud-download';
import Inbox from '@lucide/svelte/icons/inbox';
import ScanEye from '@lucide/svelte/icons/scan-eye';
import Smartphone from '@lucide/svelte/icons/smartphone';
import type { Component } from 'svelte';
import type { SyncView } from '$lib/api';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';
import { momentWithin } from '$lib/time/words';

/** One of the places where what was recorded can be. */
export interface Place {
  label: string;
  aside?: string;
  count: number | string;
  tone: Tone;
  icon: Component<{ size?: number }>;
  href?: string;
  testid: string;
}

/** Where everything is that was recorded here, so that nobody has to wonder. `looks`: what waits for a decision. */
export function places(sync: SyncView, looks: number, now: number, zone: string): Place[] {
  const { on_device: here, handed, arriving } = sync;
  const rest = here + sync.needs_a_look + handed > 0 ? m.sync_all_else() : m.sync_all();
  const rows: Place[] = [
    { label: m.sync_on_device(), count: here, tone: here > 0 ? 'device' : 'calm', icon: Smartphone, testid: 'sync-on-device', ...(here > 0 && sync.oldest !== null && { aside: m.sync_oldest({ when: momentWithin(sync.oldest, now, zone) }) }) },
    { label: m.sync_with_county(), count: sync.agreed_at === null ? m.sync_not_known() : rest, tone: 'county', icon: CloudCheck, testid: 'sync-with-county' },
    { label: m.sync_look(), count: looks, tone: looks > 0 ? 'look' : 'calm', icon: ScanEye, href: '#/look', testid: 'sync-look' },
  ];
  if (handed > 0) rows.push({ label: m.sync_handed(), count: handed, tone: 'calm', icon: Inbox, href: '#/look', testid: 'sync-handed' });
  if (arriving > 0) rows.push({ label: m.sync_arriving(), count: arriving, tone: 'calm', icon: CloudDownload, testid: 'sync-arriving' });
  return rows;
}
