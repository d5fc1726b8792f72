import { onStale, Refused, type Stale } from './api';

/** Whether news concerns a query. */
export type Concerns = (news: Stale) => boolean;

/** Concerned by these topics. `person:<id>` means that person's news only. */
export function topics(...wanted: string[]): Concerns {
  return ({ topic, person }) => wanted.includes(topic) || (person !== null && wanted.includes(`${topic}:${person}`));
}

/** What a read came to so far. The last data stay while it is read again, and when a later read fails. */
export interface Query<Data> {
  readonly data: Data | undefined;
  readonly error: Refused | undefined;
  readonly loading: boolean;
  /** Reads again; resolves when the answer is there. */
  again(): Promise<void>;
}

/**
 * Reads now, whenever something that `read` looked at changes, and whenever news concern it. Made while a component
 * is made, and ends with it. An answer that was overtaken by a later question is dropped.
 */
export function query<Data>(read: () => Promise<Data>, concerns: Concerns = () => false): Query<Data> {
  const state = $state<{ data: Data | undefined; error: Refused | undefined; loading: boolean }>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  let asked = 0;

  async function take(answer: Promise<Data>): Promise<void> {
    const mine = ++asked;
    try {
      const data = await answer;
      if (mine === asked) Object.assign(state, { data, error: undefined, loading: false });
    } catch (thrown) {
      if (mine === asked) Object.assign(state, { error: Refused.from(thrown), loading: false });
    }
  }

  $effect(() => {
    void take(read());
    // An answer that comes after the component is gone is nobody's.
    return () => void asked++;
  });
  $effect(() => {
    let waiting = false;
    return onStale((news) => {
      if (waiting || !concerns(news)) return;
      // News come in bursts: one read answers all of one turn.
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        void take(read());
      });
    });
  });

  return {
    get data() {
      return state.data;
    },
    get error() {
      return state.error;
    },
    get loading() {
      return state.loading;
    },
    again: () => take(read()),
  };
}
