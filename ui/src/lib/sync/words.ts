import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CloudCheck from '@lucide/svelte/icons/cloud-check';
import CloudOff from '@lucide/svelte/icons/cloud-off';
import CloudUpload from '@lucide/svelte/icons/cloud-upload';
import RefreshCw from '@lucide/svelte/icons/refresh-cw';
import Smartphone from '@lucide/svelte/icons/smartphone';
import type { Component } from 'svelte';
import type { SyncView } from '$lib/api';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';

export interface SyncWords {
  /** For the header: two or three words. */
  short: string;
  /** For the page: a heading. */
  long: string;
  tone: Tone;
  icon: Component<{ size?: number }>;
}

/** Where sync stands, in plain words. A phase that this version does not know reads as one that waits. */
export function syncWords(sync: SyncView): SyncWords {
  const here = sync.on_device;
  switch (sync.phase) {
    case 'up_to_date':
      return { short: m.sync_up_to_date(), long: m.sync_up_to_date(), tone: 'county', icon: CloudCheck };
    case 'syncing':
      return { short: m.sync_syncing(), long: m.sync_syncing(), tone: 'calm', icon: RefreshCw };
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
      return here > 0
        ? { short: m.sync_here({ count: here }), long: m.sync_here_long({ count: here }), tone: 'device', icon: Smartphone }
        : { short: m.sync_checking(), long: m.sync_checking_long(), tone: 'calm', icon: RefreshCw };
  }
}
