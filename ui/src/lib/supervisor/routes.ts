import type { RouteDefinition } from 'svelte-spa-router';
import Caseloads from '../../routes/supervisor/Caseloads.svelte';
import NewEvents from '../../routes/supervisor/NewEvents.svelte';
import Reviews from '../../routes/supervisor/Reviews.svelte';

/** A supervisor's own screens. The one at `/` is theirs when they are who is working. */
export const supervisorRoutes: RouteDefinition = {
  '/': NewEvents,
  '/supervisor/events': NewEvents,
  '/supervisor/caseloads/:worker?': Caseloads,
  '/supervisor/visits/:visit?': Reviews,
};
