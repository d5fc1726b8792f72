import { createContext } from 'svelte';
import type { LookView, Me, SyncView } from '$lib/api';
import type { Query } from '$lib/query.svelte';
import type { SupervisorWork } from '$lib/supervisor/work.svelte';
import type { Clock } from './clock.svelte';
import type { Preferences } from './preferences.svelte';

/** Who works, and what every screen under the shell may need of it. */
export interface Session {
  readonly me: Me;
  readonly clock: Clock;
  readonly preferences: Preferences;
  readonly sync: Query<SyncView>;
  readonly look: Query<LookView>;
  /** What waits for a supervisor, if that is who works. */
  readonly supervisor?: SupervisorWork;
  /** Locks now. */
  lock(): Promise<void>;
}

export const [getSession, setSession] = createContext<Session>();
