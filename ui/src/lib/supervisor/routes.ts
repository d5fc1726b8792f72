import type { RouteDefinition } from 'svelte-spa-router';

/** A supervisor's own screens. The one at `/` is theirs when they are who is working. */
export const supervisorRoutes: RouteDefinition = {};
