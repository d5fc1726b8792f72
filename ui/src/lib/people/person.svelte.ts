import { api, type PersonView } from '$lib/api';
import { query, topics, type Query } from '$lib/query.svelte';

/** The person that a screen is about. */
export function personOf(person: () => string): Query<PersonView> {
  return query(() => api.person(person()), (news) => topics('people', `person:${person()}`)(news));
}

/** All records of a person's page, wherever they stand on it. */
export function recordsOf(view: PersonView) {
  return [view.identity, view.case, ...view.aliases, ...view.places, ...view.phones, ...view.safety, ...view.events, ...view.follow_ups, ...view.referrals, ...view.timeline.flatMap((item) => [item.record, ...item.with])].filter((record) => record !== null);
}
