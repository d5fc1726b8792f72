/** What somebody wrote in their own words, wherever it stands in a change or in a form's state. */
export function wordsIn(body: unknown): string[] {
  if (typeof body === 'string') return /\s/.test(body.trim()) ? [body.trim()] : [];
  if (Array.isArray(body)) return body.flatMap(wordsIn);
  if (typeof body === 'object' && body !== null) return Object.values(body).flatMap(wordsIn);
  return [];
}

/** A change that was handed over, as it travelled: its kind, and the values that it sets. None for a form's own state. */
export function changeIn(body: unknown): { kind: string; values: Record<string, unknown> } | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { kind, fields } = body as { kind?: unknown; fields?: unknown };
  if (typeof kind !== 'string' || typeof fields !== 'object' || fields === null) return undefined;
  const set = Object.entries(fields as Record<string, { v?: unknown }>);
  return { kind, values: Object.fromEntries(set.map(([name, field]) => [name, field?.v])) };
}
