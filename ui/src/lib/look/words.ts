import CircleAlert from '@lucide/svelte/icons/circle-alert';
import Hourglass from '@lucide/svelte/icons/hourglass';
import Inbox from '@lucide/svelte/icons/inbox';
import Link2 from '@lucide/svelte/icons/link-2';
import type { Component } from 'svelte';
import type { LookView, QuarantineItem } from '$lib/api';
import { label } from '$lib/codes/label';
import { codeWords } from '$lib/errors/words';
import type { Tone } from '$lib/kit/tone';
import { m } from '$lib/paraglide/messages.js';
import { fieldLabel, valueWords } from '$lib/records/show';
import { specOf, specs, type FieldSpec } from '$lib/records/specs';

/** What to say of something that the county did not take. */
export interface ItemWords {
  /** Where it stands, in two or three words. */
  state: string;
  tone: Tone;
  icon: Component<{ size?: number }>;
  /** Why, and what can be done, in plain words. */
  why: string;
}

const catalogue = m as unknown as Record<string, (() => string) | undefined>;

/** Where an item stands, and why, in plain words. A code that this version does not know gets general ones. */
export function itemWords(item: QuarantineItem): ItemWords {
  if (item.handed_at !== null) return { state: m.look_handed(), tone: 'calm', icon: Inbox, why: m.look_handed_why() };
  if (item.state === 'held') {
    const waits = item.waits_for ? m.look_held_for({ what: label('kind', item.waits_for) }) : m.look_held_why();
    return { state: m.look_held(), tone: 'calm', icon: Link2, why: waits };
  }
  if (item.state === 'too_old') return { state: m.look_too_old(), tone: 'calm', icon: Hourglass, why: m.look_too_old_why() };
  return { state: m.look_refused(), tone: 'look', icon: CircleAlert, why: whyWords(item) };
}

/** Why something was refused. */
export function whyWords({ kind, code, field }: Pick<QuarantineItem, 'kind' | 'code' | 'field'>): string {
  if (code === null) return m.look_why_other();
  if (field !== null) return m.look_field_why({ field: fieldLabel(kind, field), why: codeWords(code) });
  const words = catalogue[`look_why_${code}`]?.() ?? catalogue[`error_${code}`]?.();
  return words ?? m.look_why_other();
}

/** The fields that can be put right: what a form asks for, the one that was named, and none that the app fills. */
export function correctable({ kind, op, field, values }: QuarantineItem): FieldSpec[] {
  if (op === 'void') return [];
  return (specs[kind] ?? []).filter(({ name, type, quiet }) => type !== 'ref' && (name === field || (!quiet && (op === 'create' || name in values))));
}

/** Fields of another version of the app: they can only be left out. */
export function foreign({ kind, values }: QuarantineItem): string[] {
  const known = specs[kind];
  return known ? Object.keys(values).filter((name) => !known.some((spec) => spec.name === name) && !INTERNAL.includes(name)) : [];
}

/** References that the app fills, and no form shows. */
const INTERNAL = ['attempt', 'case', 'visit', 'team', 'possible_match', 'match_decision', 'work'];

/** Longer than this is shown in part. */
const LONG = 200;

/** What a change says, in words: what the app fills in by itself, and what refers to other records, is left out. */
export function shownValues(kind: string, values: Record<string, unknown>, now: number, zone: string): [string, string][] {
  const said = Object.entries(values).filter(([field, value]) => {
    const plain = value !== null && (typeof value !== 'object' || Array.isArray(value));
    return plain && specOf(kind, field)?.type !== 'ref' && !INTERNAL.includes(field);
  });
  return said.map(([field, value]) => {
    const text = valueWords(kind, field, value, now, zone);
    return [field, text.length > LONG ? `${text.slice(0, LONG)}…` : text];
  });
}

/** Why a worker's change was refused, for the supervisor who takes it from there. */
export function backWords(code: string): string {
  return (catalogue[`look_back_${code}`] ?? m.look_back_other)();
}

/** What a draft or a change was of. */
export function workWords(kind: string): string {
  if (kind === 'attempt') return label('kind', 'contact_attempt');
  if (kind === 'edit' || kind === 'fix') return m.draft_correction();
  return label('kind', kind);
}

/** How many things wait for this user. What they handed over waits for the county, and what is taken care of for nobody. */
export function waiting({ conflicts, quarantine, handed_over_waiting, rehomed }: LookView): number {
  const own = quarantine.filter((item) => item.handed_at === null).length;
  return conflicts.length + own + handed_over_waiting + (rehomed.length > 0 ? 1 : 0);
}
