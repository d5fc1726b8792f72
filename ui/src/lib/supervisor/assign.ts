import type { AssignRequest, NewEvent, NewEventsView, StaffView } from '$lib/api';

/** Who shall carry an event, as picked so far. */
export interface Pick {
  event: string;
  lead: string;
  partner: string | null;
}

/** Peers first, who lead most often, then the others. Within a role by name. */
const ORDER = ['peer_support', 'ems', 'clinician'];

/** Those who work here now, in a steady order. */
export function leads({ workers }: NewEventsView): StaffView[] {
  const rank = ({ role }: StaffView) => (ORDER.indexOf(role) + ORDER.length + 1) % (ORDER.length + 1);
  return workers.filter((worker) => worker.active).sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** Picks a lead, and with them whoever usually goes along, if that one works here now. */
export function pick(view: NewEventsView, event: string, lead: string): Pick {
  const usual = view.usual_partner[lead];
  const works = usual !== lead && view.workers.some((worker) => worker.user === usual && worker.active);
  return { event, lead, partner: works && usual ? usual : null };
}

/** What to send; nothing while there is no case to assign. */
export function requestFor({ person, case: record }: NewEvent, { lead, partner }: Pick): AssignRequest | null {
  return record === null ? null : { person: person.person, case: record, lead, partner };
}

/** Which event comes after one that leaves the list: the next, else the one before. */
export function nextAfter<Item>(items: readonly Item[], is: (item: Item) => boolean): Item | undefined {
  const at = items.findIndex(is);
  return at < 0 ? items[0] : (items[at + 1] ?? items[at - 1]);
}
