import { onDestroy, untrack } from 'svelte';
import { api, Refused } from '$lib/api';

/** How long what is typed may wait before it is kept. */
const PAUSE = 700;

const open = new Set<() => Promise<void>>();

/** Keeps everything that is being typed anywhere: before the vault is closed. */
export async function keepAll(): Promise<void> {
  await Promise.all([...open].map((keep) => keep()));
}

export interface Draft {
  /** Whether the form has what was kept last time, and may be shown. */
  readonly ready: boolean;
  /** Whether there was something. */
  readonly restored: boolean;
  readonly state: 'untouched' | 'keeping' | 'kept' | 'failed';
  /** Whether the person is no longer on this device: what was typed went to the supervisor, and nothing more is kept. */
  readonly left: boolean;
  /** The person is gone: what was typed is kept once more, and goes to the supervisor. */
  leave(): void;
  /** Waits for the last save and makes no other: called before the form is sent. */
  hold(): Promise<void>;
  /** Goes on after the form was refused. */
  release(): void;
  /** Lets the draft go. */
  drop(): Promise<void>;
}

/**
 * Keeps a form, encrypted, while it is being filled in, and gives it back when the screen is opened again.
 * `read` returns the form's state, which must be plain data; `restore` puts a kept one back.
 */
export function draft<Form>(key: string, person: string | null, read: () => Form, restore: (kept: Form) => void): Draft {
  let ready = $state(false);
  let restored = $state(false);
  let left = $state(false);
  let state = $state<Draft['state']>('untouched');
  // Typed and not yet on its way: until it is kept, nothing says that it is.
  let ahead = $state(false);
  let kept = '';
  let held = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saving: Promise<void> = Promise.resolve();

  async function begin(): Promise<void> {
    const found = await api.draft(key).catch(() => null);
    if (found) {
      restore(found.body as Form);
      restored = true;
      state = 'kept';
    }
    kept = JSON.stringify(read());
    ready = true;
  }

  function keep(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const text = JSON.stringify(untrack(read));
    if (!ready || held || left || text === kept) return saving;
    kept = text;
    ahead = false;
    state = 'keeping';
    saving = saving
      .then(() => api.saveDraft(key, person, JSON.parse(text)))
      .then((answer) => {
        state = 'kept';
        if (!answer.left) return;
        // What was typed while this was on its way goes along; after that nobody can type.
        const last = JSON.stringify(untrack(read));
        left = true;
        if (last !== text) return api.saveDraft(key, person, JSON.parse(last)).then(() => undefined);
      })
      .catch((thrown: unknown) => {
        // Locked while typing: the same words are kept as soon as the next pause comes.
        if (Refused.from(thrown).code !== 'locked') state = 'failed';
        kept = '';
      });
    return saving;
  }

  /** Keeps what is there, also where it was kept before. */
  function again(): void {
    held = false;
    kept = '';
    timer ??= setTimeout(() => void keep(), PAUSE);
  }

  $effect(() => {
    const text = JSON.stringify(read());
    ahead = ready && !held && text !== kept;
    if (ahead) timer ??= setTimeout(() => void keep(), PAUSE);
  });
  $effect(() => {
    open.add(keep);
    return () => void open.delete(keep);
  });
  onDestroy(() => void keep());
  void begin();

  return {
    get ready() {
      return ready;
    },
    get restored() {
      return restored;
    },
    get state() {
      return ahead && state !== 'failed' ? 'keeping' : state;
    },
    get left() {
      return left;
    },
    leave() {
      // What was kept before is handed over already, or about to be.
      if (state === 'untouched' || JSON.stringify(untrack(read)) === kept) left = true;
      else again();
    },
    async hold() {
      clearTimeout(timer);
      timer = undefined;
      held = true;
      await saving;
    },
    release: again,
    async drop() {
      held = true;
      clearTimeout(timer);
      await saving;
      await api.dropDraft(key);
    },
  };
}
