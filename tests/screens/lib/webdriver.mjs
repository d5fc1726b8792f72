/** The real app, driven through WebKitWebDriver with the few requests of the protocol that a story needs. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const PATIENCE = 60_000;
/** What the protocol calls a reference to an element. */
const REFERENCE = 'element-6066-11e4-a52e-4f735466cecf';
/** Paints a few frames, then answers. */
const PAINT = `let left = 12;
  const answer = arguments[0], page = document.documentElement.style;
  requestAnimationFrame(function paint() {
    page.opacity = left > 4 && left % 2 ? '0.999' : '';
    left-- > 0 ? requestAnimationFrame(paint) : answer();
  });`;

export class Window {
  #driver;
  #base;
  #session;

  /** Opens the app. `env` is what it finds in its environment. */
  static async open(program, env) {
    const window = new Window();
    const port = await freePort();
    window.#base = `http://127.0.0.1:${port}`;
    // Without the first of these a Tauri window never answers the driver.
    const environment = { ...process.env, TAURI_WEBVIEW_AUTOMATION: 'true', ...env };
    // With this one, which is faster, no picture is taken of a page that has nothing left to paint.
    delete environment.WEBKIT_DISABLE_DMABUF_RENDERER;
    window.#driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env: environment, stdio: 'inherit' });
    await eventually('the driver is ready', async () => (await fetch(`${window.#base}/status`)).ok);
    const options = { 'webkitgtk:browserOptions': { binary: program, args: [] } };
    const { sessionId } = await window.#ask('POST', '/session', { capabilities: { alwaysMatch: options } });
    window.#session = `/session/${sessionId}`;
    return window;
  }

  async #ask(method, path, body) {
    const request = { method, headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(PATIENCE) };
    if (method === 'POST') request.body = JSON.stringify(body ?? {});
    const answer = await fetch(this.#base + path, request);
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Runs a function in the page. */
  run = (script, ...args) => this.#ask('POST', `${this.#session}/execute/sync`, { script: `return (${script})(...arguments)`, args });

  /** The first element that the page shows for an XPath, waited for. */
  async find(xpath) {
    return eventually(xpath, async () => {
      for (const found of await this.#ask('POST', `${this.#session}/elements`, { using: 'xpath', value: xpath })) {
        const [element] = Object.values(found);
        if (await this.#ask('GET', `${this.#session}/element/${element}/displayed`)) return element;
      }
      return null;
    });
  }

  async click(xpath) {
    const element = await this.find(xpath);
    // The driver scrolls just far enough, and there the header or the button of a form lies above it.
    await this.run('(element) => element.scrollIntoView({ block: "center" })', { [REFERENCE]: element });
    await this.#ask('POST', `${this.#session}/element/${element}/click`);
  }
  async type(xpath, text) {
    const element = await this.find(xpath);
    await this.#ask('POST', `${this.#session}/element/${element}/clear`);
    await this.#ask('POST', `${this.#session}/element/${element}/value`, { text });
  }
  async picture(path) {
    // A picture shows what was last painted, which may be the screen before: have it painted anew.
    await this.#ask('POST', `${this.#session}/execute/async`, { script: PAINT, args: [] });
    writeFileSync(path, Buffer.from(await this.#ask('GET', `${this.#session}/screenshot`), 'base64'));
  }

  /** Ends the app as a crash or an empty battery would. */
  async kill() {
    const [app] = childrenOf(this.#driver.pid);
    if (!app) throw new Error('the driver has no app');
    process.kill(app, 'SIGKILL');
    await eventually('the app is gone', async () => !childrenOf(this.#driver.pid).includes(app));
    this.#driver.kill();
  }

  async close() {
    await this.#ask('DELETE', this.#session).catch(() => {});
    this.#driver.kill();
  }
}

/** Processes that were started by one, and still run. */
function childrenOf(parent) {
  const stat = (pid) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    } catch {
      return [];
    }
  };
  return readdirSync('/proc').map(Number).filter((pid) => pid > 0 && stat(pid)[1] === String(parent) && stat(pid)[0] !== 'Z');
}

/** Asks again until there is an answer. A driver has no events to wait on. */
async function eventually(what, ask) {
  const until = Date.now() + PATIENCE;
  let last;
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${what}${last ? ` (${last.message})` : ''}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
