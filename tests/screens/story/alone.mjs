/** The day, with the county out of reach: Maria records on her phone, Dev on his tablet. */
import { before } from '../lib/words.mjs';
import { go, happened, open, openPerson, openSync, rowOf, unlock } from './steps.mjs';

const NOTE = 'Met at the river camp. She asked about a wound on her hand.';
export const day = { note: NOTE, mine: '828-555-0142', theirs: '828-555-0199', first: '910-555-0142', alias: 'Red' };

async function correctNumber(device, number) {
  const { m } = device;
  await device.tap('link', m('change_what', { what: day.first }));
  const field = device.field(m('field_phone_number'));
  await field.fill(number);
  await device.look('phone');
  await device.tap('button', m('save'));
  await device.reads(number, device.page.getByRole('main'));
}

/** What a date field asks for, in the order of a system in the United States. */
function dateOrder({ m }) {
  const order = [m('date_month'), m('date_day'), m('date_year')].join(' / ');
  return order.charAt(0).toUpperCase() + order.slice(1);
}

export const alone = [
  [
    'out of reach, the sync screen says when the county was last heard',
    async ({ stage, maria }) => {
      const { m } = maria;
      await stage.cut();
      await openSync(maria);
      await maria.reads(m('error_unreachable'));
      await maria.reads(before(m, 'sync_last_checked', 'when'));
      await maria.look('sync-offline');
      await go(maria, 'nav_today');
    },
  ],
  [
    'no answer takes two taps, without a network',
    async ({ maria, person }) => {
      const { m } = maria;
      await maria.synced(m('sync_offline'));
      maria.presses = 0;
      await maria.tap('button', m('attempt_try', { name: person }));
      await maria.sees(maria.by('dialog', m('attempt_what', { name: person })));
      await maria.look('attempt-sheet');
      await maria.tap('button', maria.code('outcome', 'no-answer'));
      await maria.reads(m('attempt_saved', { outcome: maria.code('outcome', 'no-answer'), name: person }));
      if (maria.presses !== 2) throw new Error(`${maria.presses} taps`);
      await maria.holdNews();
      await maria.reads(m('state_device'), maria.news);
      await maria.seesPastNews();
      await maria.releaseNews();
      await maria.reads(m('state_device'), rowOf(maria, person));
      await maria.reads(before(m, 'row_tried', 'when', { count: 1 }), rowOf(maria, person));
      await maria.look('today-offline');
    },
  ],
  [
    'Maria begins a visit at a place that nobody knew',
    async ({ maria, person }) => {
      const { m, code } = maria;
      await maria.tap('link', person);
      await maria.heading(person);
      await maria.reads('Pine County EMS');
      await maria.look('person');
      await maria.tap('link', m('visit_record'));
      await maria.heading(m('visit_title'));
      await maria.press(maria.chip(m('visit_place'), m('visit_place_new')));
      await maria.press(maria.chip(m('field_place_kind'), code('place', 'encampment')));
      await maria.field(m('field_place_label')).fill('Blue tent at the river camp');
      await maria.press(maria.flag(m('visit_present'), code('present', 'friend')));
      for (const topic of ['what-happened', 'naloxone-use', 'using-alone']) await maria.press(maria.flag(m('visit_topics'), code('topic', topic)));
      const naloxone = code('supply', 'naloxone-nasal-4mg');
      await maria.tap('button', naloxone);
      const kit = maria.group(naloxone);
      await maria.tap('switch', m('field_supply_handout_trained'), kit);
      await maria.field(m('field_supply_handout_lot'), kit).fill('PX4471');
      await maria.reads(dateOrder(maria), kit);
      await maria.field(m('field_supply_handout_expires_on'), kit).fill('2027-11-30');
      await maria.reads('Tue, Nov 30, 2027', kit);
      for (const need of ['food', 'wound-care']) await maria.press(maria.flag(m('visit_needs'), code('need', need)));
      await maria.field(m('visit_notes_label')).fill('Met at the river camp. She asked');
      await maria.reads(m('draft_kept'));
    },
  ],
  [
    'the app is killed, and what she typed is there when she unlocks',
    async ({ stage, maria, person }) => {
      const { m } = maria;
      // The page loses the app in the middle, and complains about it.
      await maria.allowing(/ERR_|Failed to (fetch|load)/, async () => {
        await stage.kill('maria');
        await open(stage, maria);
      });
      await maria.look('unlock');
      await unlock(stage, maria);
      await maria.heading(m('drafts_title'));
      await maria.look('today-draft');
      await maria.press(maria.page.getByRole('link', { name: person }).first());
      await maria.reads(m('draft_restored'));
      const notes = await maria.field(m('visit_notes_label')).inputValue();
      if (notes !== 'Met at the river camp. She asked') throw new Error(`the draft said: ${notes}`);
    },
  ],
  [
    'she finishes the visit',
    async ({ maria, person }) => {
      const { m, code } = maria;
      await maria.field(m('visit_notes_label')).fill(NOTE);
      await maria.field(m('visit_next')).fill('Walk to the clinic together');
      const more = maria.group(m('visit_referrals_add')).getByRole('button').last();
      const care = maria.by('button', code('referral', 'wound-care'), maria.group(m('visit_referrals_add')));
      if (!(await care.isVisible())) await maria.press(more);
      await maria.press(care);
      await maria.field(m('field_referral_service')).fill('Pine Street Clinic');
      await maria.field(m('visit_step_label')).fill('Told her sister where she is staying');
      // Near a Friday the quick days have no chip of that name.
      const friday = maria.chip(m('visit_next_day'), m('chip_friday'));
      await maria.press((await friday.isVisible()) ? friday : maria.chip(m('visit_next_day'), m('chip_week')));
      await maria.sees(maria.group(m('visit_what_for')));
      await maria.look('visit');
      await maria.tap('button', m('visit_save'));
      await maria.reads(m('visit_saved', { name: person }));
      await maria.holdNews();
      await maria.seesPastNews();
      await maria.reads(m('state_device'), happened(maria, NOTE));
      await maria.look('person-visited');
      // The news still stands when the next form is open, and its button can be pressed.
      await maria.tap('link', m('visit_record'));
      await maria.heading(m('visit_title'));
      await maria.seesPastNews();
      await maria.look('visit-news');
      await maria.tap('link', m('back'));
      await maria.heading(person);
      await openSync(maria);
      await maria.heading(m('sync_title'));
      await maria.seesPastNews(maria.by('button', m('sync_now')));
      await maria.releaseNews();
      await openPerson(maria, person);
    },
  ],
  [
    'she corrects the phone number, and adds somebody known by an alias',
    async ({ maria, person }) => {
      const { m } = maria;
      await correctNumber(maria, day.mine);
      await go(maria, 'nav_today');
      await maria.tap('link', m('person_add'));
      await maria.field(m('field_person_alias')).fill(day.alias);
      await maria.tap('switch', m('person_street'));
      await maria.field(m('field_place_label')).fill('Bus shelter on Main');
      await maria.look('add-person');
      await maria.tap('button', m('person_save'));
      await maria.heading(day.alias);
      await go(maria, 'nav_people');
      await maria.sees(rowOf(maria, day.alias));
      await maria.reads(before(m, 'row_reached', 'when'), rowOf(maria, person));
      // A row of somebody who was looked for since goes on after a dot.
      const reached = await rowOf(maria, person).getByTestId('reached').innerText();
      if (reached.includes('·')) throw new Error(`the visit counts as a try: ${reached}`);
      await maria.look('people');
      await maria.by('searchbox', m('search')).fill('river camp');
      await maria.sees(rowOf(maria, person));
      await maria.look('search');
    },
  ],
  [
    'Dev corrects the same number to another, and warns of a dog',
    async ({ dev, person }) => {
      const { m, code } = dev;
      await openPerson(dev, person);
      await correctNumber(dev, day.theirs);
      await dev.tap('link', code('kind', 'safety_note'));
      await dev.press(dev.chip(m('field_safety_note_category'), code('safety', 'dog')));
      await dev.page.getByLabel(m('field_safety_note_text')).fill('Loose dog behind the gate');
      await dev.look('safety-note');
      await dev.tap('button', m('save'));
      await dev.reads('Loose dog behind the gate');
      await dev.look('person-warned');
    },
  ],
];
