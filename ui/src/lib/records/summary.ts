import Ambulance from '@lucide/svelte/icons/ambulance';
import CalendarDays from '@lucide/svelte/icons/calendar-days';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import DoorClosed from '@lucide/svelte/icons/door-closed';
import FileText from '@lucide/svelte/icons/file-text';
import HeartHandshake from '@lucide/svelte/icons/heart-handshake';
import NotebookPen from '@lucide/svelte/icons/notebook-pen';
import Package from '@lucide/svelte/icons/package';
import Phone from '@lucide/svelte/icons/phone';
import ShieldAlert from '@lucide/svelte/icons/shield-alert';
import Signpost from '@lucide/svelte/icons/signpost';
import Sprout from '@lucide/svelte/icons/sprout';
import MapPin from '@lucide/svelte/icons/map-pin';
import type { Component } from 'svelte';
import type { RecordView } from '$lib/api';
import { label } from '$lib/codes/label';
import { m } from '$lib/paraglide/messages.js';
import { dayWithin } from '$lib/time/words';
import { dateAt } from '$lib/time/zone';
import { placeLine } from './show';

const icons: Record<string, Component<{ size?: number }>> = {
  contact_attempt: DoorClosed,
  visit: HeartHandshake,
  peer_note: NotebookPen,
  overdose_event: Ambulance,
  referral: Signpost,
  supply_handout: Package,
  follow_up: CalendarDays,
  step_forward: Sprout,
  safety_note: ShieldAlert,
  review_mark: CircleCheck,
  place: MapPin,
  phone: Phone,
};

/** The picture of a record. */
export function iconOf(record: RecordView): Component<{ size?: number }> {
  if (record.kind === 'contact_attempt' && record.values.outcome === 'reached-survivor') return HeartHandshake;
  return icons[record.kind] ?? FileText;
}

/** A record in one line. */
export function summary({ kind, values }: RecordView, now: number, zone: string): string {
  const today = dateAt(now, zone);
  const join = (...parts: unknown[]) => parts.filter(Boolean).join(' · ');
  switch (kind) {
    case 'contact_attempt':
      return join(label('outcome', values.outcome), label('mode', values.mode));
    case 'supply_handout':
      return join(
        values.kits > 1 ? m.supply_times({ count: values.kits, item: label('supply', values.item) }) : label('supply', values.item),
        values.doses && m.supply_doses({ count: values.doses }),
        values.lot && m.supply_lot({ lot: values.lot }),
        values.expires_on && m.supply_expires({ day: dayWithin(values.expires_on, today) }),
        values.trained && m.supply_trained(),
      );
    case 'referral':
      return join(label('referral', values.category), values.service);
    case 'follow_up':
      return join(label('followup', values.kind), dayWithin(values.due_on, today));
    case 'step_forward':
    case 'peer_note':
      return String(values.text ?? '');
    case 'safety_note':
      return join(label('safety', values.category), values.text);
    case 'overdose_event':
      return join(label('source', values.source), values.transport && label('transport', values.transport));
    case 'place':
      return placeLine(values);
    case 'phone':
      return String(values.number ?? '');
    case 'alias':
      return String(values.name ?? '');
    default:
      return label('kind', kind);
  }
}
