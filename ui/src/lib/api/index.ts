/** The one door to `app`: a function for each command. Nothing else imports Tauri or speaks to the bridge. */
import { Refused, type Backend } from './backend';
import { bridge } from './bridge';
import { tauri } from './tauri';
import type * as T from './types';

export { Refused } from './backend';
export type * from './types';

const backend: Backend = '__TAURI_INTERNALS__' in window ? tauri() : bridge();
const refusals = new Set<(refused: Refused) => void>();

/** Every answer is of the type that the command names: the types are generated from the same source. */
async function ask<Answer>(command: T.Command): Promise<Answer> {
  try {
    return (await backend.call(command)) as Answer;
  } catch (thrown) {
    const refused = Refused.from(thrown);
    for (const tell of refusals) tell(refused);
    throw refused;
  }
}

/** Hears of every refusal: the session watches for `locked`. */
export function onRefused(tell: (refused: Refused) => void): () => void {
  refusals.add(tell);
  return () => void refusals.delete(tell);
}

export const onStale = (tell: (news: T.Stale) => void): (() => void) => backend.onStale(tell);

export const api = {
  deviceState: () => ask<T.DeviceState>({ do: 'device_state' }),
  suggestPassphrase: () => ask<string>({ do: 'suggest_passphrase' }),
  enrol: (request: T.EnrolRequest) => ask<T.DeviceState>({ do: 'enrol', ...request }),
  unlock: (user: string, passphrase: string) => ask<T.Me>({ do: 'unlock', user, passphrase }),
  lock: () => ask<void>({ do: 'lock' }),
  changePassphrase: (old: string, next: string) => ask<void>({ do: 'change_passphrase', old, new: next }),
  me: () => ask<T.Me>({ do: 'me' }),

  today: () => ask<T.TodayView>({ do: 'today' }),
  people: (request: T.PeopleRequest) => ask<T.PeoplePage>({ do: 'people', ...request }),
  search: (text: string) => ask<T.SearchView>({ do: 'search', text }),
  person: (person: string) => ask<T.PersonView>({ do: 'person', person }),
  staff: () => ask<T.StaffView[]>({ do: 'staff' }),

  addPerson: (request: T.AddPersonRequest) => ask<T.Saved>({ do: 'add_person', ...request }),
  recordAttempt: (request: T.AttemptRequest) => ask<T.Saved>({ do: 'record_attempt', ...request }),
  recordVisit: (request: T.VisitRequest) => ask<T.Saved>({ do: 'record_visit', ...request }),
  add: (request: T.AddRequest) => ask<T.Saved>({ do: 'add', ...request }),
  amend: (request: T.AmendRequest) => ask<T.Saved>({ do: 'amend', ...request }),
  void: (record: string, reason: string) => ask<T.Saved>({ do: 'void', record, reason }),
  choose: (record: string, field: string, claim: string, seen: string[]) =>
    ask<T.Saved>({ do: 'choose', record, field, claim, seen }),

  saveDraft: (key: string, person: string | null, body: unknown) => ask<T.DraftKept>({ do: 'save_draft', key, person, body }),
  draft: (key: string) => ask<T.DraftView | null>({ do: 'draft', key }),
  dropDraft: (key: string) => ask<void>({ do: 'drop_draft', key }),

  needsALook: () => ask<T.LookView>({ do: 'needs_a_look' }),
  correct: (change: string, fields: Record<string, unknown>) => ask<T.Saved>({ do: 'correct', change, fields }),
  resend: (change: string) => ask<void>({ do: 'resend', change }),
  handOver: (changes: string[]) => ask<void>({ do: 'hand_over', changes }),
  sealForCounty: (changes: string[]) => ask<T.SealedFile>({ do: 'seal_for_county', changes }),
  settleFiled: (change: string) => ask<void>({ do: 'settle_filed', change }),
  settleHanded: (work: string, device: string | null) => ask<void>({ do: 'settle_handed', work, device }),
  acknowledgeRehomed: () => ask<void>({ do: 'acknowledge_rehomed' }),
  /** Lets the worker save a sealed file where they want; `false` when they changed their mind. */
  saveFile: (file: T.SealedFile) => backend.saveFile(file),
  syncState: () => ask<T.SyncView>({ do: 'sync_state' }),
  syncNow: () => ask<T.SyncView>({ do: 'sync_now' }),

  newEvents: () => ask<T.NewEventsView>({ do: 'new_events' }),
  assign: (request: T.AssignRequest) => ask<T.Saved>({ do: 'assign', ...request }),
  decideTriage: (event: string, decision: string) => ask<T.Saved>({ do: 'decide_triage', event, decision }),
  decideMatch: (event: string, decision: string) => ask<T.Saved>({ do: 'decide_match', event, decision }),
  caseloads: () => ask<T.WorkerLoad[]>({ do: 'caseloads' }),
  visitsToReview: () => ask<T.VisitToReview[]>({ do: 'visits_to_review' }),
  review: (visit: string, note: string | null) => ask<T.Saved>({ do: 'review', visit, note }),
};
