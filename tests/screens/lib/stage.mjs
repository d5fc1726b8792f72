/** The county and the apps, set up by `porchlight-stage` and told what to do line by line. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { program, root } from './paths.mjs';

export class Stage {
  #process;
  #lines;

  /** Sets it; `team` then has, per worker, a name, a folder, a one-time code and a passphrase. */
  static async set() {
    const stage = new Stage();
    stage.#process = spawn(program('porchlight-stage'), ['--screens', resolve(root, process.env.PORCHLIGHT_SCREENS ?? 'ui/dist')], { stdio: ['pipe', 'pipe', 'inherit'] });
    stage.#process.on('error', (error) => console.error(`porchlight-stage: ${error.message}`));
    stage.#lines = createInterface({ input: stage.#process.stdout })[Symbol.asyncIterator]();
    stage.team = await stage.#answer();
    return stage;
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the stage ended');
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`the stage: ${answer.error}`);
    return answer;
  }

  #ask(request) {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  cut = () => this.#ask({ do: 'cut' });
  mend = () => this.#ask({ do: 'mend' });
  /** Lets a device join, and holds what it says after that. */
  hold = (who) => this.#ask({ do: 'hold', who });
  release = () => this.#ask({ do: 'release' });
  import = (file) => this.#ask({ do: 'import', file });
  enrol = (who) => this.#ask({ do: 'enrol', who });
  /** The address of somebody's app; one that runs is killed first. */
  open = async (who) => (await this.#ask({ do: 'open', who })).url;
  kill = (who) => this.#ask({ do: 'kill', who });
  give = () => this.#ask({ do: 'give' });

  async strike() {
    if (this.#process.exitCode !== null) return;
    const over = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.stdin.end();
    await over;
  }
}
