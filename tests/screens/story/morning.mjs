/** The morning: three people join, a report comes in, and Sam gives it to Maria. Everybody still has a connection. */
import { before, startsWith } from '../lib/words.mjs';
import { report } from '../lib/paths.mjs';
import { enrol, go, join, open, openSync, rowOf } from './steps.mjs';

export const morning = [
  [
    'a code that is none is refused in plain words',
    async ({ stage, maria }) => {
      const { m } = maria;
      await open(stage, maria);
      await maria.field(m('enrol_code')).fill('not a code');
      await maria.field(m('enrol_device')).fill("Maria's phone");
      await maria.tap('button', m('next'));
      await maria.tap('button', m('passphrase_suggest'));
      await maria.reads(m('passphrase_write'));
      await maria.allowing(/422/, async () => {
        await maria.tap('button', m('enrol_join'));
        await maria.heading(m('enrol_title'));
        await maria.sees(maria.page.getByRole('alert').filter({ hasText: /\w/ }));
      });
      await maria.look('enrol-refused');
    },
  ],
  [
    'Maria joins by pasting her code, and sees what is done before the county answers',
    async ({ stage, maria }) => {
      const { m } = maria;
      await stage.hold('maria');
      await join(stage, maria);
      await maria.heading(m('nav_today'));
      await maria.reads(m('sync_connecting'));
      await maria.look('today-connecting');
      await openSync(maria);
      await maria.reads(m('sync_not_checked'));
      await maria.reads(m('sync_connecting'));
      await maria.look('sync-connecting');
      await maria.reads(m('sync_connecting'));
      await stage.release();
      await maria.synced(m('sync_up_to_date'));
      await maria.reads(before(m, 'sync_checked', 'ago'));
      await go(maria, 'nav_today');
    },
  ],
  [
    'Sam and Dev join',
    async ({ stage, sam, dev }) => {
      for (const device of [dev, sam]) await enrol(stage, device);
    },
  ],
  [
    'an EMS report shows up for Sam by itself',
    async ({ stage, sam, maria, person }) => {
      await sam.reads(sam.m('sup_events_none'));
      await sam.look('new-events-none');
      await maria.reads(maria.m('today_none'));
      await maria.look('today-none');
      await sam.page.evaluate(() => (globalThis.neverReloaded = true));
      await stage.import(report);
      await sam.heading(person);
      if (!(await sam.page.evaluate(() => globalThis.neverReloaded))) throw new Error('the page was loaded again');
      await sam.look('new-events');
    },
  ],
  [
    'Sam gives it to Maria, with Dev, in two clicks',
    async ({ stage, sam, person }) => {
      const { m } = sam;
      const [maria, dev] = [stage.team.maria.name, stage.team.dev.name];
      sam.presses = 0;
      await sam.press(sam.page.getByRole('radio', { name: startsWith(maria) }));
      const along = await sam.field(m('sup_partner_for', { name: person })).evaluate((list) => list.selectedOptions[0].text);
      if (along !== m('sup_partner_with', { name: dev })) throw new Error(`preselected: ${along}`);
      await sam.look('new-events-assign');
      await sam.tap('button', m('sup_assign_label', { person, lead: maria }));
      await sam.reads(m('sup_given_with', { lead: maria, partner: dev }));
      await sam.reads(m('sup_events_none'));
      if (sam.presses !== 2) throw new Error(`${sam.presses} clicks`);
    },
  ],
  [
    'Maria and Dev have it before they leave',
    async ({ maria, dev, person }) => {
      for (const device of [maria, dev]) {
        await device.sees(rowOf(device, person));
        await device.synced(device.m('sync_up_to_date'));
        await device.look('today');
      }
    },
  ],
];
