import CalendarCheck from '@lucide/svelte/icons/calendar-check';
import Menu from '@lucide/svelte/icons/menu';
import ScanEye from '@lucide/svelte/icons/scan-eye';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import { waiting } from '$lib/look/words';
import type { Session } from '$lib/session/session';
import { m } from '$lib/paraglide/messages.js';
import { supervisorNav } from '$lib/supervisor/nav';

/** A place of the app that is always one tap away. */
export interface Place {
  href: string;
  label: () => string;
  /** For a tab, where there are many. */
  short?: () => string;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  /** Paths, beside `href`, that belong to it. */
  under?: RegExp;
  /** How many things wait there. */
  count?: (session: Session) => number;
  testid: string;
}

const today: Place = { href: '#/', label: m.nav_today, icon: CalendarCheck, testid: 'nav-today' };
const people: Place = { href: '#/people', label: m.nav_people, icon: Users, under: /^\/(people|add)/, testid: 'nav-people' };
const look: Place = {
  href: '#/look',
  label: m.nav_look,
  icon: ScanEye,
  under: /^\/look/,
  count: ({ look }) => (look.data ? waiting(look.data) : 0),
  testid: 'nav-look',
};
const more: Place = { href: '#/more', label: m.nav_more, icon: Menu, under: /^\/(more|sync)/, testid: 'nav-more' };

/** A supervisor's day starts with the events that nobody carries yet, a worker's with who is due. */
export function places(role: string): Place[] {
  return role === 'supervisor' ? [...supervisorNav, people, { ...look, short: m.sup_nav_look_short }, more] : [today, people, look, more];
}
