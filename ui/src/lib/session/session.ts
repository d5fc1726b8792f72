import { createContext } from 'svelte';
import type { LookView, Me, SyncView } from '$lib/api';
import type { Query } from '$lib/query.svelte';
import type { Clock } from './clock.svelte';
import type { Preferences } from './preferences.svelte';

/** Who works, and what every screen under the shell may need of it. */
export interface Session {
  readonly me: Me;
  readonly clock: Clock;
  readonly preferences: Preferences;
  readonly sync: Query<SyncView>;
  readonly look: Query<LookView>;
  /** Locks now. */
  lock(): Promise<void>;
}

export const [getSession, setSession] = createContext<Session>();
