/** The screens' own words, so that a test finds a control by the name that a worker hears. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from './paths.mjs';

/** Matches what begins with these words. */
export const startsWith = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`);

const folder = resolve(root, 'ui/messages');

/** `m('nav_today')`, `m('attempt_try', { name })`, in one language. */
export function words(language) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const all = Object.assign({}, ...files.map(({ name }) => JSON.parse(readFileSync(resolve(folder, name, `${language}.json`), 'utf8'))));
  const plural = new Intl.PluralRules(language);

  return (key, values = {}) => {
    const message = all[key];
    if (message === undefined) throw new Error(`no message "${key}" in "${language}"`);
    const text = typeof message === 'string' ? message : chosen(message[0].match, plural.select(values.count));
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  };
}

function chosen(match, form) {
  return match[`plural=${form}`] ?? match['plural=*'];
}

/** The word for a code of one of the lists, such as `outcome` and `no-answer`. */
export const codeKey = (list, code) => `code_${list}_${code.replaceAll('-', '_').replaceAll('.', '_')}`;

/** Matches what begins as this message does, up to one of its inputs. */
export const before = (m, key, input, values = {}) => startsWith(m(key, { ...values, [input]: '\0' }).split('\0')[0].trim());
