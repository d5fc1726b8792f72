/** The evening: the county is reachable again. Nobody presses anything for that. */
import { before } from '../lib/words.mjs';
import { day } from './alone.mjs';
import { go, happened, openPerson } from './steps.mjs';

export const together = [
  [
    'what Maria recorded turns from her device to the county',
    async ({ stage, maria, person }) => {
      const { m } = maria;
      await openPerson(maria, person);
      const visit = happened(maria, day.note);
      await maria.reads(m('state_device'), visit);
      await stage.mend();
      await maria.reads(m('state_county'), visit);
      await maria.gone(maria.page.getByRole('main').getByText(m('state_device'), { exact: true }));
      await maria.synced(m('sync_up_to_date'));
    },
  ],
  [
    'Sam sees both numbers, and settles which is right',
    async ({ stage, sam, maria, dev, person }) => {
      const { m } = sam;
      await go(sam, 'nav_look');
      await sam.reads(day.mine);
      await sam.reads(day.theirs);
      await sam.look('look');
      await openPerson(maria, person);
      await maria.reads(m('look_two_values', { field: m('field_phone_number') }));
      await maria.look('person-conflict');
      await sam.tap('button', m('look_choose_value', { value: day.theirs }));
      await sam.reads(m('look_none'));
      await sam.look('look-none');
      for (const device of [maria, dev]) {
        await device.gone(device.page.getByText(day.mine));
        await device.reads(day.theirs);
      }
    },
  ],
  [
    'Sam reads the visit and marks it reviewed',
    async ({ stage, sam, maria, dev, person }) => {
      const { m } = sam;
      await go(sam, 'sup_nav_reviews');
      await sam.heading(m('sup_review_peer'));
      await sam.reads(day.note);
      await sam.look('visits');
      await sam.field(m('sup_review_word', { author: stage.team.maria.name })).fill('Good work.');
      await sam.tap('button', m('sup_review_mark'));
      await sam.reads(m('sup_review_done', { name: person }));
      await sam.holdNews();
      await sam.seesPastNews();
      await sam.reads(m('state_county'), sam.news);
      await sam.reads(m('sup_reviews_none'));
      await sam.look('visits-none');
      await sam.releaseNews();
      for (const device of [maria, dev]) await device.reads(m('reviewed_by', { name: stage.team.sam.name }));
      await maria.look('person-reviewed');
      if (await dev.page.getByText(day.note).count()) throw new Error("Dev reads the peer's note");
      await go(sam, 'sup_nav_loads');
      await sam.heading(stage.team.maria.name);
      await sam.reads(person);
      await sam.look('caseloads');
    },
  ],
  [
    'every device agrees with the county, and says so',
    async ({ everybody }) => {
      for (const device of everybody) {
        const { m } = device;
        await device.synced(m('sync_up_to_date'));
        await device.press(device.by('link', m('sync_badge', { state: m('sync_up_to_date') })).first());
        await device.heading(m('sync_title'));
        await device.reads(before(m, 'sync_checked', 'ago'));
        await device.look('sync');
      }
    },
  ],
];
