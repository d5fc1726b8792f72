import * as v from 'valibot';

/** What is wrong with a form: per field, the code of the first thing. */
export type Faults = Partial<Record<string, string>>;

/** Checks a form. Messages in schemas are codes, so that one place has the words for them. */
export function faultsOf(schema: v.GenericSchema, form: unknown): Faults {
  const result = v.safeParse(schema, form);
  const faults: Faults = {};
  for (const issue of result.issues ?? []) {
    const field = v.getDotPath(issue);
    if (field) faults[field] ??= issue.message;
  }
  return faults;
}

export function isFaultless(faults: Faults): boolean {
  return Object.keys(faults).length === 0;
}
