import type { PersonView } from '$lib/api';
import { placeLine } from '$lib/records/show';

/** Known places of a person as chips, the usable first. */
export function placeOptions(view: PersonView): { value: string; label: string }[] {
  return [...view.places]
    .sort((a, b) => Number(a.values.usable === false) - Number(b.values.usable === false))
    .map((place) => ({ value: place.record, label: placeLine(place.values) }));
}

/** Known numbers of a person as chips. */
export function phoneOptions(view: PersonView): { value: string; label: string }[] {
  return view.phones.map((phone) => ({ value: phone.record, label: String(phone.values.number ?? '') }));
}
