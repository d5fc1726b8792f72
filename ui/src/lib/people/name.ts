import { m } from '$lib/paraglide/messages.js';

/** A name to show. A report may come without one. */
export function nameOf(name: string | null): string {
  return name?.trim() || m.person_no_name();
}
