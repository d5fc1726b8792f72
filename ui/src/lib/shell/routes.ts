import type { RouteDefinition } from 'svelte-spa-router';
import { supervisorRoutes } from '$lib/supervisor/routes';
import AddPerson from '../../routes/AddPerson.svelte';
import AddRecord from '../../routes/AddRecord.svelte';
import Attempt from '../../routes/Attempt.svelte';
import Case from '../../routes/Case.svelte';
import EditRecord from '../../routes/EditRecord.svelte';
import Correct from '../../routes/Correct.svelte';
import Look from '../../routes/Look.svelte';
import More from '../../routes/More.svelte';
import Passphrase from '../../routes/Passphrase.svelte';
import People from '../../routes/People.svelte';
import Sync from '../../routes/Sync.svelte';
import Today from '../../routes/Today.svelte';
import Visit from '../../routes/Visit.svelte';

/** Every screen by its path, which comes after `#` in the address. */
export function routes(role: string): RouteDefinition {
  const everybody: RouteDefinition = {
    '/': Today,
    '/people/:person?': People,
    '/people/:person/attempt': Attempt,
    '/people/:person/visit': Visit,
    '/people/:person/add/:kind': AddRecord,
    '/people/:person/case/:act': Case,
    '/people/:person/edit/:record': EditRecord,
    '/add': AddPerson,
    '/look': Look,
    '/look/:change': Correct,
    '/sync': Sync,
    '/more': More,
    '/more/passphrase': Passphrase,
    '*': Today,
  };
  return role === 'supervisor' ? { ...supervisorRoutes, ...without(everybody, supervisorRoutes) } : everybody;
}

/** A supervisor's own screen takes the place of everybody's at the same path. Order counts: the first match wins. */
function without(routes: RouteDefinition, taken: RouteDefinition): RouteDefinition {
  return Object.fromEntries(Object.entries(routes).filter(([path]) => !(path in taken)));
}
