import type { Place } from '$lib/shell/nav';

/** A supervisor's own places, first in the navigation. */
export const supervisorNav: Place[] = [];
