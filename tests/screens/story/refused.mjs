/** What the county does not take, and who has left: nothing is dropped, and nobody has to wonder. */
import { readFile } from 'node:fs/promises';
import { go, openPerson } from './steps.mjs';

/** Says something to the app behind the screens, as a screen would. */
const call = (device, command) =>
  device.page.evaluate(async (body) => {
    const answer = await fetch('/call', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(JSON.stringify(await answer.json()));
    return answer.json();
  }, command);

/** An attempt with more in it than the county takes, as a newer version of the app may write one. */
export async function sayTooMuch(device, note) {
  const { people } = await call(device, { do: 'people' });
  const person = people.find((row) => row.name === 'Rosa Núñez').person;
  await call(device, { do: 'record_attempt', person, attempt: { outcome: 'no-answer', note, pasted: 'x'.repeat(200 * 1024) } });
}

const RIDE = 'Asked for a ride to the clinic on Monday.';
const HALF = 'She is moving in with her aunt on';

export const refused = [
  [
    'what the county could not take is shown with its reason, and put right',
    async ({ maria }) => {
      const { m } = maria;
      await sayTooMuch(maria, 'Nobody at the door, lights on.');
      await go(maria, 'nav_look');
      await maria.reads(m('look_why_too_long'));
      await maria.look('look-refused');
      await maria.tap('link', m('look_correct'));
      await maria.field(m('field_contact_attempt_note')).fill('Nobody at the door.');
      await maria.tap('switch', m('look_leave_out', { field: 'pasted' }));
      await maria.reads(m('draft_kept'));
      await maria.look('correct');
      await maria.tap('button', m('look_send_again'));
      await maria.reads(m('look_none'));
      await maria.synced(m('sync_up_to_date'));
    },
  ],
  [
    'what she cannot put right she hands over, as a file that only the county can read',
    async ({ maria }) => {
      const { m } = maria;
      await sayTooMuch(maria, RIDE);
      await maria.reads(RIDE);
      await maria.tap('button', m('look_hand_over'));
      await maria.sees(maria.by('dialog', m('look_hand_over')));
      await maria.look('hand-over');
      const [file] = await Promise.all([maria.page.waitForEvent('download'), maria.tap('button', m('look_file'))]);
      if (!/^porchlight-\d{4}-\d\d-\d\d\.sealed$/.test(file.suggestedFilename())) throw new Error(`the file is called ${file.suggestedFilename()}`);
      const bytes = await readFile(await file.path());
      if (bytes.length < 200 || bytes.includes('clinic') || bytes.includes('Rosa')) throw new Error('the file can be read');
      // The county is in reach, so it has it at once, and says so.
      await maria.reads(m('look_none'));
      await openPerson(maria, 'Rosa Núñez');
      await maria.reads(m('state_handed'));
    },
  ],
  [
    'Sam reads it, and notes that it is taken care of',
    async ({ stage, sam }) => {
      const { m } = sam;
      await go(sam, 'nav_look');
      await sam.reads(m('look_refused_of', { author: stage.team.maria.name }));
      await sam.reads(RIDE);
      await sam.look('look-handed-over');
      await sam.tap('button', m('look_settle'));
      // The county hears of it later: a note that it has it would not be true.
      await sam.reads(m('state_device'), sam.page.getByTestId('toast'));
      await sam.heading(new RegExp(`^${m('look_settled_title')}`));
      await sam.gone(sam.by('button', m('look_settle')));
      await sam.look('look-settled');
    },
  ],
  [
    'somebody leaves while a form about them is open: what was typed goes to the supervisor',
    async ({ maria, dev, sam, person }) => {
      const { m } = maria;
      await openPerson(maria, person);
      await maria.tap('link', m('visit_record'));
      await maria.field(m('visit_notes_label')).fill('She is');
      await maria.reads(m('draft_kept'));
      const { people } = await call(sam, { do: 'people' });
      const page = await call(sam, { do: 'person', person: people.find((row) => row.name === person).person });
      const assign = (lead, partner) => call(sam, { do: 'assign', person: page.person, case: page.case.record, lead, partner });
      const [hers, his] = [(await call(maria, { do: 'me' })).user, (await call(dev, { do: 'me' })).user];
      // Who is not here any more cannot be read again, and the browser reports that answer.
      await maria.allowing(/422/, async () => {
        await assign(his, null);
        await maria.reads(m('left_title'));
      });
      await maria.look('visit-left');
      await maria.tap('link', m('left_home'));
      await go(maria, 'nav_look');
      await maria.reads(m('rehomed_title'));
      await maria.look('look-rehomed');
      await maria.tap('button', m('rehomed_ok'));
      await maria.reads(m('look_none'));
      await sam.reads('She is');
      await assign(hers, his);
      await go(maria, 'nav_today');
      await go(maria, 'nav_people');
      await maria.reads(person);
    },
  ],
];

/** Once more, in Spanish. */
export const refusedInSpanish = [
  [
    'what the county could not take, in Spanish',
    async ({ maria }) => {
      const { m } = maria;
      await sayTooMuch(maria, HALF);
      await go(maria, 'nav_look');
      await maria.reads(m('look_why_too_long'));
      await maria.look('look-refused');
      await maria.tap('button', m('look_hand_over'));
      await maria.sees(maria.by('dialog', m('look_hand_over')));
      await maria.look('hand-over');
      await maria.tap('button', m('look_give'));
      await maria.reads(m('look_none'));
      await go(maria, 'nav_more');
      await maria.tap('link', m('sync_title'));
      await maria.reads(m('sync_all'));
      await maria.look('sync');
    },
  ],
];
