import { push } from 'svelte-spa-router';
import { Refused } from '$lib/api';
import type { Draft } from './draft.svelte';
import { showFault } from './show';

/** The way out of a form: sent once, with its draft held meanwhile, which goes on if the form was refused. */
export interface Saver {
  readonly draft: Draft;
  readonly busy: boolean;
  readonly error: Refused | undefined;
  /** Sends; one press counts. */
  save(send: () => Promise<void>): Promise<void>;
  /** Lets the draft go, and leaves. */
  discard(): Promise<void>;
}

/** For a form with this draft, from which one goes to `home` without saving. */
export function saver(draft: Draft, home: string): Saver {
  let busy = $state(false);
  let error = $state<Refused>();

  return {
    draft,
    get busy() {
      return busy;
    },
    get error() {
      return error;
    },
    async save(send) {
      if (busy) return;
      busy = true;
      error = undefined;
      await draft.hold();
      try {
        await send();
      } catch (thrown) {
        error = Refused.from(thrown);
        draft.release();
        void showFault();
      } finally {
        busy = false;
      }
    },
    async discard() {
      await draft.drop();
      await push(home);
    },
  };
}
