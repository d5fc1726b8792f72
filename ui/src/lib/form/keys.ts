import type { DraftView } from '$lib/api';

/** Keys of drafts, and where each is gone on with. */
export const keys = {
  visit: (person: string) => `visit:${person}`,
  attempt: (person: string) => `attempt:${person}`,
  add: (person: string, kind: string) => `add:${person}:${kind}`,
  edit: (person: string, record: string) => `edit:${person}:${record}`,
  case: (person: string, act: string) => `case:${person}:${act}`,
  /** A correction of what the county did not take. */
  fix: (change: string) => `fix:${change}`,
  person: 'person:new',
};

/** The screen that goes on with a draft; none for what is no unfinished work. */
export function placeOf({ key }: DraftView): string | null {
  const [what, person, rest] = key.split(':');
  if (key === keys.person) return '#/add';
  if (what === 'fix') return `#/look/${person}`;
  if (what === 'visit' || what === 'attempt') return `#/people/${person}/${what}`;
  if ((what === 'add' || what === 'edit' || what === 'case') && rest) return `#/people/${person}/${what}/${rest}`;
  return null;
}
