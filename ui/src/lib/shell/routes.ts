import type { RouteDefinition } from 'svelte-spa-router';
import { supervisorRoutes } from '$lib/supervisor/routes';
import More from '../../routes/More.svelte';
import Sync from '../../routes/Sync.svelte';
import Today from '../../routes/Today.svelte';

/** Every screen by its path, which comes after `#` in the address. */
export function routes(role: string): RouteDefinition {
  const everybody: RouteDefinition = {
    '/': Today,
    '/sync': Sync,
    '/more': More,
    '*': Today,
  };
  return role === 'supervisor' ? { ...supervisorRoutes, ...without(everybody, supervisorRoutes) } : everybody;
}

/** A supervisor's own screen takes the place of everybody's at the same path. Order counts: the first match wins. */
function without(routes: RouteDefinition, taken: RouteDefinition): RouteDefinition {
  return Object.fromEntries(Object.entries(routes).filter(([path]) => !(path in taken)));
}
