import ArchiveRestore from '@lucide/svelte/icons/archive-restore';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CloudCheck from '@lucide/svelte/icons/cloud-check';
import CloudOff from '@lucide/svelte/icons/cloud-off';
import CloudUpload from '@lucide/svelte/icons/cloud-upload';
import DoorOpen from '@lucide/svelte/icons/door-open';
import Inbox from '@lucide/svelte/icons/inbox';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import ScanEye from '@lucide/svelte/icons/scan-eye';
import Smartphone from '@lucide/svelte/icons/smartphone';
import type { Component } from 'svelte';
import type { SyncView } from '$lib/api';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';
import { ago, momentWithin } from '$lib/time/words';

export interface SyncWords {
  /** For the header: two or three words. */
  short: string;
  /** For the page: a heading. */
  long: string;
  tone: Tone;
  icon: Component<{ size?: number }>;
  /** Whether the picture turns: something is under way. */
  turning?: boolean;
  /** What there is to know beside that. */
  more?: string;
}

/** Troubles of a county that was restored: nothing to fix on the device, and something to know. */
function restored({ trouble }: SyncView): SyncWords | undefined {
  if (trouble === 'waiting_for_readmission') return { short: m.sync_readmission(), long: m.sync_readmission_long(), tone: 'soon', icon: DoorOpen, more: m.sync_readmission_text() };
  if (trouble === 'county_restored') return { short: m.sync_restored(), long: m.sync_restored_long(), tone: 'calm', icon: ArchiveRestore, more: m.sync_restored_text() };
  return undefined;
}

/** What a sync is doing now: on a thin line each step takes a while. */
function underWay(sync: SyncView): string {
  if (sync.step === 'connecting') return m.sync_connecting();
  return sync.agreed_at === null && !sync.progress ? m.sync_signed_in() : m.sync_syncing();
}

/** Where sync stands, in plain words. A phase that this version does not know reads as one that waits. */
export function syncWords(sync: SyncView): SyncWords {
  const here = sync.on_device;
  const special = restored(sync);
  if (special) return special;
  switch (sync.phase) {
    case 'up_to_date':
      return { short: m.sync_up_to_date(), long: m.sync_up_to_date(), tone: 'county', icon: CloudCheck };
    case 'syncing':
      return { short: m.sync_syncing(), long: underWay(sync), tone: 'calm', icon: RefreshCw, turning: true };
    case 'offline':
      return {
        short: here > 0 ? m.sync_offline_count({ count: here }) : m.sync_offline(),
        long: m.sync_offline_long(),
        tone: here > 0 ? 'device' : 'calm',
        icon: CloudOff,
      };
    case 'trouble':
      return { short: m.sync_trouble(), long: m.sync_trouble_long(), tone: 'soon', icon: CircleAlert };
    case 'never':
      return { short: m.sync_never(), long: m.sync_never(), tone: 'calm', icon: CloudUpload };
    default:
      if (here === 0 && sync.needs_a_look > 0) return { short: m.sync_looks({ count: sync.needs_a_look }), long: m.sync_looks_long(), tone: 'look', icon: ScanEye };
      if (here === 0 && sync.handed > 0) return { short: m.look_handed(), long: m.sync_handed(), tone: 'calm', icon: Inbox };
      return here > 0
        ? { short: m.sync_here({ count: here }), long: m.sync_here_long({ count: here }), tone: 'device', icon: Smartphone }
        : { short: m.sync_checking(), long: m.sync_checking_long(), tone: 'calm', icon: RefreshCw };
  }
}

/** When device and county last agreed. While something is wrong, and while it is tried again, that is past: with its time. */
export function checkedWords({ agreed_at, trouble }: SyncView, now: number, zone: string): string {
  if (agreed_at === null) return m.sync_not_checked();
  if (trouble === null) return m.sync_checked({ ago: ago(agreed_at, now) });
  return m.sync_last_checked({ when: momentWithin(agreed_at, now, zone) });
}
