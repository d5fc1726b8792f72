import type { SyncView } from '$lib/api';
import { m } from '$lib/paraglide/messages.js';

/** Where something is that was saved just now: on this device until everything has gone. With something that needs a look, who knows which. */
export function savedWords(sync: SyncView | undefined): string | undefined {
  if (sync === undefined || sync.on_device > 0) return m.state_device();
  return sync.needs_a_look + sync.handed > 0 ? undefined : m.state_county();
}
