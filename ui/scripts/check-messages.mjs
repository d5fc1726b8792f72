// Fails if a message is missing in a language, empty, in two files, out of order, or takes other inputs than in
// English.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { locales, baseLocale } = JSON.parse(readFileSync(join(root, 'project.inlang/settings.json'), 'utf8'));

/** The inputs that a message takes, sorted. */
function inputs(message) {
  if (typeof message === 'string') return [...message.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
  const declared = message.flatMap((part) => part.declarations ?? []);
  return declared.filter((line) => line.startsWith('input ')).map((line) => line.slice(6)).sort();
}

function isEmpty(message) {
  if (typeof message === 'string') return message.trim() === '';
  return message.some((part) => Object.values(part.match).some((text) => text.trim() === ''));
}

/** Everything that is wrong, as lines. */
export function faults() {
  const found = [];
  const home = new Map();
  for (const folder of readdirSync(join(root, 'messages'))) {
    const read = (locale) => JSON.parse(readFileSync(join(root, 'messages', folder, `${locale}.json`), 'utf8'));
    const base = read(baseLocale);
    for (const key of Object.keys(base)) {
      if (home.has(key)) found.push(`${folder}: ${key} is also in ${home.get(key)}`);
      home.set(key, folder);
    }
    for (const locale of locales) {
      const catalogue = read(locale);
      const keys = Object.keys(catalogue);
      const sorted = [...keys].sort();
      const late = keys.findIndex((key, at) => key !== sorted[at]);
      if (late >= 0) found.push(`${folder}/${locale}: keys are not sorted from ${keys[late]} on`);
      for (const key of Object.keys(base)) if (!(key in catalogue)) found.push(`${folder}/${locale}: ${key} is missing`);
      for (const key of keys) {
        if (!(key in base)) found.push(`${folder}/${locale}: ${key} is not in ${baseLocale}`);
        else if (String(inputs(catalogue[key])) !== String(inputs(base[key])))
          found.push(`${folder}/${locale}: ${key} takes other inputs than in ${baseLocale}`);
        if (isEmpty(catalogue[key])) found.push(`${folder}/${locale}: ${key} is empty`);
      }
    }
  }
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const found = faults();
  for (const line of found) console.error(line);
  if (found.length > 0) process.exit(1);
}
