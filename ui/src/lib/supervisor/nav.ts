import BookOpenCheck from '@lucide/svelte/icons/book-open-check';
import Inbox from '@lucide/svelte/icons/inbox';
import UsersRound from '@lucide/svelte/icons/users-round';
import { m } from '$lib/paraglide/messages.js';
import type { Place } from '$lib/shell/nav';

/** A supervisor's own places, first in the navigation. */
export const supervisorNav: Place[] = [
  {
    href: '#/',
    label: m.sup_nav_events,
    short: m.sup_nav_events_short,
    icon: Inbox,
    under: /^\/supervisor\/events/,
    count: ({ supervisor }) => supervisor?.events.data?.events.length ?? 0,
    testid: 'nav-events',
  },
  { href: '#/supervisor/caseloads', label: m.sup_nav_loads, short: m.sup_nav_loads_short, icon: UsersRound, under: /^\/supervisor\/caseloads/, testid: 'nav-caseloads' },
  {
    href: '#/supervisor/visits',
    label: m.sup_nav_reviews,
    short: m.sup_nav_reviews_short,
    icon: BookOpenCheck,
    under: /^\/supervisor\/visits/,
    count: ({ supervisor }) => supervisor?.visits.data?.length ?? 0,
    testid: 'nav-reviews',
  },
];
