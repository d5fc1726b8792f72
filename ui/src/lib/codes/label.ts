import { m } from '$lib/paraglide/messages.js';

/** The code lists that have labels, by the name in the message key: `code_<list>_<code>`. */
export const lists = {
  mode: 'attemptModes',
  outcome: 'attemptOutcomes',
  stage: 'caseStages',
  closing: 'closingReasons',
  engagement: 'engagementLevels',
  present: 'presents',
  topic: 'visitTopics',
  need: 'needs',
  supply: 'supplyItems',
  recipient: 'recipients',
  refill: 'refillReasons',
  referral: 'referralCategories',
  status: 'referralStatuses',
  result: 'referralOutcomes',
  whynot: 'whyNots',
  handoff: 'handoffs',
  safety: 'safetyCategories',
  followup: 'followUpKinds',
  step: 'stepAreas',
  sex: 'sexes',
  place: 'placeKinds',
  phone: 'phoneKinds',
  contact: 'preferredContacts',
  yesno: 'yesNoUnknown',
  role: 'roles',
  source: 'eventSources',
  triage: 'triages',
  decision: 'triageDecisions',
  response: 'naloxoneResponses',
  transport: 'transports',
  match: 'matchDecisions',
  kind: 'recordKinds',
} as const;

export type List = keyof typeof lists;

const catalogue = m as unknown as Record<string, (() => string) | undefined>;

/** The message key of a code. */
export function key(list: List, code: string): string {
  return `code_${list}_${code.replaceAll(/[-.]/g, '_')}`;
}

/** Words for a code. One from a newer version is shown as it is, with spaces. */
export function label(list: List, code: string): string {
  return catalogue[key(list, code)]?.() ?? code.replaceAll(/[-_]/g, ' ');
}

/** Chips for a list of codes. */
export function options<Code extends string>(list: List, codes: readonly Code[]): { value: Code; label: string }[] {
  return codes.map((code) => ({ value: code, label: label(list, code) }));
}
