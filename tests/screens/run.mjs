/** First light through the real screens: a phone, a tablet and a laptop in Chromium, and a county that can be cut off. */
import { launch } from './lib/browser.mjs';
import { part, verdict } from './lib/count.mjs';
import { Device } from './lib/device.mjs';
import { Stage } from './lib/stage.mjs';
import { morning } from './story/morning.mjs';
import { alone } from './story/alone.mjs';
import { together } from './story/together.mjs';
import { refused, refusedInSpanish } from './story/refused.mjs';
import { ending, inSpanish } from './story/spanish.mjs';

const stage = await Stage.set();
const browser = await launch();
try {
  const maria = await Device.make(browser, 'maria', 'phone');
  const dev = await Device.make(browser, 'dev', 'tablet');
  const sam = await Device.make(browser, 'sam', 'laptop');
  const everybody = [maria, dev, sam];
  const cast = { stage, maria, dev, sam, everybody, person: 'Rosa Núñez' };

  for (const [name, run] of [...morning, ...alone, ...together, ...refused, ...inSpanish, ...refusedInSpanish, ...ending]) {
    const all = async () => {
      await run(cast);
      for (const one of everybody) one.calm();
    };
    await part(name, all, async () => {
      for (const one of everybody) await one.confess();
    });
  }
} finally {
  await browser.close();
  await stage.strike();
}
verdict();
