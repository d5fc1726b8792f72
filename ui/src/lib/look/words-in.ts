/** What somebody wrote in their own words, wherever it stands in a change or in a form's state. */
export function wordsIn(body: unknown): string[] {
  if (typeof body === 'string') return /\s/.test(body.trim()) ? [body.trim()] : [];
  if (Array.isArray(body)) return body.flatMap(wordsIn);
  if (typeof body === 'object' && body !== null) return Object.values(body).flatMap(wordsIn);
  return [];
}
