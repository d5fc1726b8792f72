/** The real app on a display of its own: unlock, record without a network, die, come back, sync. */
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { part, verdict } from './lib/count.mjs';
import { pictures, program, report } from './lib/paths.mjs';
import { Stage } from './lib/stage.mjs';
import { Window } from './lib/webdriver.mjs';
import { words } from './lib/words.mjs';

const m = words('en');
const person = 'Rosa Núñez';
const note = 'She asked about a wound on her hand.';
mkdirSync(pictures, { recursive: true });

const text = (words) => (words.includes("'") ? `"${words}"` : `'${words}'`);
const named = (tag, name) => `//${tag}[normalize-space(.)=${text(name)} or @aria-label=${text(name)}]`;
const button = (name) => named('button', name);
const link = (name) => named('a', name);
const place = (key) => `//nav//a[starts-with(normalize-space(.), ${text(m(key))})]`;
const heading = (name) => named('*[self::h1 or self::h2]', name);
const labelled = (name) => `//*[@id=//label[starts-with(normalize-space(.), ${text(name)})]/@for]`;
const says = (words) => `//*[text()[contains(., ${text(words)})]]`;
const sync = (state) => link(m('sync_badge', { state }));
const visitEntry = `//li[.${says(note)}]`;

const app = program('porchlight');
if (!existsSync(app)) throw new Error(`${app} is not built`);
const home = await mkdtemp(join(tmpdir(), 'porchlight-screens-'));
const stage = await Stage.set();
const worker = stage.team.maria;
let window;

const open = async () => {
  const folders = { XDG_DATA_HOME: join(home, 'data'), XDG_CACHE_HOME: join(home, 'cache'), XDG_CONFIG_HOME: join(home, 'config') };
  window = await Window.open(app, { ...folders, PORCHLIGHT_DATA: worker.folder, LANG: 'C.UTF-8', LANGUAGE: 'en' });
};
const picture = (screen) => window.picture(resolve(pictures, `desktop-${screen}.png`));
const unlock = async () => {
  await window.find(heading(m('unlock_hello', { name: worker.name })));
  await window.type(labelled(m('passphrase')), worker.passphrase);
  await window.click(button(m('unlock')));
  await window.find(heading(m('nav_today')));
};

const parts = [
  ['an enrolled device unlocks', async () => {
    for (const who of ['maria', 'dev', 'sam']) await stage.enrol(who);
    await stage.import(report);
    await stage.give();
    await stage.kill('maria');
    await open();
    await window.find(heading(m('unlock_hello', { name: worker.name })));
    await picture('unlock');
    await unlock();
    await window.find(link(person));
    await window.find(sync(m('sync_up_to_date')));
    await picture('today');
  }],
  ['a visit is recorded without a network', async () => {
    await stage.cut();
    await window.find(sync(m('sync_offline')));
    await window.click(link(person));
    await window.find(heading(person));
    await picture('person');
    await window.click(link(m('visit_record')));
    await window.find(heading(m('visit_title')));
    await window.click(button('418 Longleaf Road · Apt 3'));
    await window.click(button(m('code_topic_naloxone_use')));
    await window.type(labelled(m('visit_notes_label')), note);
    await picture('visit');
    await window.click(button(m('visit_save')));
    await window.find(visitEntry + says(m('state_device')));
    await picture('person-visited');
  }],
  ['it is there after the app was killed', async () => {
    await window.kill();
    await open();
    await unlock();
    await picture('today-again');
    await window.click(place('nav_people'));
    await window.click(link(person));
    await window.find(visitEntry + says(m('state_device')));
  }],
  ['it goes to the county when there is a connection', async () => {
    await stage.mend();
    await window.find(visitEntry + says(m('state_county')));
    await window.find(sync(m('sync_up_to_date')));
    await picture('person-synced');
  }],
  ['the other screens', async () => {
    for (const [key, name] of [['nav_people', 'people'], ['nav_look', 'look'], ['nav_more', 'more']]) {
      await window.click(place(key));
      await window.find(heading(m(key)));
      await picture(name);
    }
    await window.click(sync(m('sync_up_to_date')));
    await window.find(heading(m('sync_title')));
    await picture('sync');
  }],
];

try {
  for (const [name, run] of parts) await part(name, run, () => window?.picture(resolve(pictures, 'failed-desktop.png')).catch(() => {}));
} finally {
  await window?.close();
  await stage.strike();
  await rm(home, { recursive: true, force: true });
}
verdict();
