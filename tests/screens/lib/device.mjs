/** One worker's device: a browser context of its size, driven by role and name as a worker or a screen reader would. */
import { readFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pictures } from './paths.mjs';
import { covered, cutShort, tooSmall } from './targets.mjs';
import { codeKey, startsWith, words } from './words.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(pictures, { recursive: true });

/** How long something may take that must happen. Long, because machines are slow; never slept through. */
const PATIENCE = 60_000;

/** The smallest phone that people bring, and held across. */
const SMALL = [{ width: 360, height: 740 }, { width: 740, height: 360 }];

const shapes = {
  phone: { viewport: { width: 412, height: 915 }, hasTouch: true, isMobile: true },
  tablet: { viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true },
  laptop: { viewport: { width: 1280, height: 800 } },
};

export class Device {
  /** How often somebody pressed something. */
  presses = 0;
  language = 'en';
  /** What the browser complained about. */
  complaints = [];
  #allowed;

  static async make(browser, who, shape) {
    const device = new Device();
    Object.assign(device, { who, shape });
    device.context = await browser.newContext({ ...shapes[shape], locale: 'en-US', timezoneId: 'America/New_York', colorScheme: 'light', reducedMotion: 'reduce' });
    device.context.setDefaultTimeout(PATIENCE);
    await device.context.addInitScript(axe);
    device.page = await device.context.newPage();
    device.page.on('pageerror', (error) => device.complaints.push(`error: ${error.message}`));
    // A broken content security policy is reported here too.
    device.page.on('console', (message) => {
      if (message.type() === 'error' && !device.#allowed?.test(message.text())) device.complaints.push(message.text());
    });
    return device;
  }

  get m() {
    return words(this.language);
  }
  code = (list, code) => this.m(codeKey(list, code));

  /** Does something during which the browser may complain about one thing. */
  async allowing(pattern, run) {
    this.#allowed = pattern;
    await run();
    this.#allowed = undefined;
  }

  by = (role, name, within = this.page) => within.getByRole(role, { name, exact: true });
  group = (name) => this.by('group', name);
  /** A field; after its name there may stand that it is optional. */
  field = (name, within = this.page) => within.getByLabel(startsWith(name));
  chip = (group, name) => this.group(group).getByRole('radio', { name, exact: true });
  flag = (group, name) => this.group(group).getByRole('button', { name, exact: true });

  async press(control) {
    this.presses += 1;
    await (this.shape === 'laptop' ? control.click() : control.tap());
  }
  /** Presses something of which only the name counts. */
  tap = (role, name, within) => this.press(this.by(role, name, within));

  sees = (locator) => locator.filter({ visible: true }).first().waitFor();
  reads = (text, within = this.page) => this.sees(within.getByText(text));
  gone = (locator) => locator.first().waitFor({ state: 'hidden' });
  heading = (name) => this.sees(this.by('heading', name));
  /** The header's word about sync. */
  synced = (state) => this.sees(this.by('link', this.m('sync_badge', { state })));

  /** The note that pops up after saving. */
  get news() {
    return this.page.getByTestId('toast');
  }
  /** It stays while somebody points at it. */
  holdNews = () => this.news.dispatchEvent('pointerenter');
  releaseNews = () => this.news.dispatchEvent('pointerleave');

  /** Nothing that one presses next is under the news, on a small phone neither; nor what is scrolled to where they stand. */
  async seesPastNews(scrolled) {
    const size = this.page.viewportSize();
    for (const seen of this.shape === 'phone' ? [size, ...SMALL] : [size]) {
      await this.page.setViewportSize(seen);
      const { y } = await this.news.boundingBox();
      await scrolled?.evaluate((one, y) => scrollBy(0, one.getBoundingClientRect().top - y), y);
      // They make way with the next frame.
      await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      for (const under of await this.page.evaluate(covered)) this.complaints.push(`${seen.width} x ${seen.height}: under the news: ${under}`);
    }
    await this.page.setViewportSize(size);
  }

  /** Looks at a screen in light and dark: no serious finding, and a picture of each. */
  async look(screen) {
    const size = this.page.viewportSize();
    await this.page.setViewportSize({ width: size.width, height: await this.#height() });
    for (const scheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme: scheme });
      await this.page.evaluate(() => Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished)));
      const findings = await this.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      const bad = findings.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      await this.page.screenshot({ path: resolve(pictures, `${screen}-${this.shape}-${scheme}-${this.language}.png`) });
      for (const { id, help, nodes } of bad) this.complaints.push(`${screen}, ${scheme}: ${id}: ${help}: ${nodes.map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join('; ')}`);
    }
    for (const cut of await this.page.evaluate(cutShort)) this.complaints.push(`${screen}: has no room: ${cut}`);
    if (this.shape !== 'laptop') for (const small of await this.page.evaluate(tooSmall)) this.complaints.push(`${screen}: too small for a finger: ${small}`);
    await this.page.setViewportSize(size);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** As high as the page is, so that a picture shows all of it; a dialog stands before a screen of the usual size. */
  #height = () => this.page.evaluate(() => (document.querySelector('[role=dialog]') ? innerHeight : Math.max(innerHeight, document.documentElement.scrollHeight)));

  /** Fails if the browser, or a look at a screen, complained. */
  calm() {
    if (this.complaints.length > 0) throw new Error(`${this.who}:\n${this.complaints.splice(0).join('\n')}`);
  }

  /** What was on the screen when something failed. */
  async confess() {
    await this.page.screenshot({ path: resolve(pictures, `failed-${this.who}.png`) }).catch(() => {});
    console.log(`${this.who} saw:\n${await this.page.locator('body').ariaSnapshot({ timeout: 5000 }).catch(() => '(nothing)')}`);
    if (this.complaints.length > 0) console.log(`${this.who}'s browser said:\n${this.complaints.join('\n')}`);
  }
}
