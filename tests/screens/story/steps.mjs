/** What is done more than once on the way. */
import { before, startsWith } from '../lib/words.mjs';

/** Opens somebody's app, whose address holds a token that works once. */
export async function open(stage, device) {
  await device.page.goto('about:blank');
  await device.page.goto(await stage.open(device.who));
}

/** Joins with the code of the county and the passphrase that the app suggests. */
export async function join(stage, device) {
  const { m } = device;
  const worker = stage.team[device.who];
  await open(stage, device);
  await device.heading(m('enrol_title'));
  await device.field(m('enrol_code')).fill(worker.code);
  await device.field(m('enrol_device')).fill(worker.device);
  await device.look('enrol');
  await device.tap('button', m('next'));
  await device.heading(m('passphrase_choose'));
  await device.tap('button', m('passphrase_suggest'));
  await device.reads(m('passphrase_write'));
  device.passphrase = await device.field(m('passphrase_new')).inputValue();
  await device.look('passphrase');
  await device.tap('button', m('enrol_join'));
}

/** Joins, and waits for the first sync. */
export async function enrol(stage, device) {
  await join(stage, device);
  await device.synced(device.m('sync_up_to_date'));
}

/** Presses what the header says about sync, whatever that is now. */
export const openSync = (device) => device.press(device.page.getByRole('link', { name: before(device.m, 'sync_badge', 'state') }).first());

/** Unlocks, with the name that the vault shows. */
export async function unlock(stage, device) {
  const { m } = device;
  await device.heading(m('unlock_hello', { name: stage.team[device.who].name }));
  await device.field(m('passphrase')).fill(device.passphrase);
  await device.tap('button', m('unlock'));
  await device.sees(device.by('navigation', m('nav_label')));
}

/** Goes to one of the places that are always one tap away. A number may stand beside its name. */
export async function go(device, place) {
  const nav = device.by('navigation', device.m('nav_label'));
  await device.press(nav.getByRole('link', { name: startsWith(device.m(place)) }));
}

/** The row of somebody in a list. */
export const rowOf = (device, name) => device.page.getByRole('article').filter({ has: device.by('link', name) });

/** Opens somebody's page from the list of people. */
export async function openPerson(device, name) {
  await go(device, 'nav_people');
  await device.tap('link', name);
  await device.heading(name);
}

/** What happened, on a person's page: the entry that has something in it. */
export const happened = (device, text) => device.page.getByRole('listitem').filter({ hasText: text }).first();
