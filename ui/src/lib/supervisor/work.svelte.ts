import { api, type NewEventsView, type VisitToReview } from '$lib/api';
import { query, topics, type Query } from '$lib/query.svelte';

/** What waits for a supervisor. The navigation counts it and the screens show it, so both read it once. */
export interface SupervisorWork {
  readonly events: Query<NewEventsView>;
  readonly visits: Query<VisitToReview[]>;
}

/** Made while the session is made, and ends with it. */
export function supervisorWork(): SupervisorWork {
  return {
    events: query(() => api.newEvents(), topics('people', 'person', 'look', 'staff')),
    visits: query(() => api.visitsToReview(), topics('people', 'person')),
  };
}

/** The work of a session that is a supervisor's. Their screens have no route for anybody else. */
export function supervisorOf(session: { readonly supervisor?: SupervisorWork }): SupervisorWork {
  if (!session.supervisor) throw new Error('only a supervisor has these screens');
  return session.supervisor;
}
