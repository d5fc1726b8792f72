import { getLocale } from '$lib/paraglide/runtime.js';

/** A language's name in the worker's: "es" is "Spanish". What is no code stays as it was typed. */
export function languageWords(language: string): string {
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(language)) return language;
  return new Intl.DisplayNames(getLocale(), { type: 'language', fallback: 'code' }).of(language) ?? language;
}
