/** The main screens once more, in Spanish; then the day ends, and the devices are locked. */
import { day } from './alone.mjs';
import { go, openPerson, unlock } from './steps.mjs';

async function speakSpanish(device) {
  await go(device, 'nav_more');
  await device.look('more');
  await device.press(device.chip(device.m('language'), 'Español'));
  device.language = 'es';
  await device.heading(device.m('nav_more'));
  await device.look('more');
}

export const inSpanish = [
  [
    'Maria goes on in Spanish',
    async ({ maria, person }) => {
      await speakSpanish(maria);
      const { m } = maria;
      await go(maria, 'nav_today');
      await maria.heading(m('nav_today'));
      await maria.reads(person);
      await maria.look('today');
      await openPerson(maria, person);
      await maria.reads(day.note);
      await maria.look('person');
      await maria.tap('link', m('visit_record'));
      await maria.heading(m('visit_title'));
      await maria.tap('button', maria.code('supply', 'naloxone-nasal-4mg'));
      await maria.look('visit');
      await maria.tap('link', m('back'));
      await maria.heading(person);
      await maria.tap('button', m('attempt_record'));
      await maria.sees(maria.by('dialog', m('attempt_what', { name: person })));
      await maria.look('attempt-sheet');
      await maria.tap('link', m('attempt_more'));
      await maria.heading(m('attempt_record'));
      await maria.look('attempt');
      await maria.tap('link', m('back'));
      await go(maria, 'nav_look');
      await maria.reads(m('look_none'));
      await maria.look('look');
    },
  ],
  [
    'Sam goes on in Spanish',
    async ({ sam, person }) => {
      await speakSpanish(sam);
      const { m } = sam;
      await go(sam, 'sup_nav_events');
      await sam.reads(m('sup_events_none'));
      await sam.look('new-events');
      await go(sam, 'sup_nav_loads');
      await sam.reads(person);
      await sam.look('caseloads');
      await go(sam, 'sup_nav_reviews');
      await sam.reads(m('sup_reviews_none'));
      await sam.look('visits');
      await openPerson(sam, person);
      await sam.look('person');
    },
  ],
];

export const ending = [
  [
    'Maria locks, mistypes, and unlocks',
    async ({ stage, maria }) => {
      const { m } = maria;
      await go(maria, 'nav_more');
      // A refusal is an answer of its own, which the browser calls an error: what still reads is told of the lock.
      await maria.allowing(/422/, async () => {
        await maria.tap('button', m('lock_now'));
        await maria.heading(m('unlock_hello', { name: stage.team.maria.name }));
        await maria.field(m('passphrase')).fill('not the passphrase');
        await maria.tap('button', m('unlock'));
        await maria.sees(maria.page.getByRole('alert').filter({ hasText: /\w/ }));
      });
      await maria.look('unlock-refused');
      await unlock(stage, maria);
    },
  ],
];
