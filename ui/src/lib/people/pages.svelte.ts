import { api, onStale, Refused, type PeopleRequest, type PersonRow } from '$lib/api';

export interface People {
  readonly rows: PersonRow[] | undefined;
  readonly total: number;
  readonly next: string | null;
  readonly loading: boolean;
  readonly error: Refused | undefined;
  /** Reads the next page. */
  more(): void;
}

/** The caseload page by page. News read again as many as are shown, so that the list does not jump. */
export function pages(request: () => PeopleRequest): People {
  const state = $state<{ rows?: PersonRow[]; total: number; next: string | null; loading: boolean; error?: Refused }>({ total: 0, next: null, loading: true });
  let asked = 0;

  async function read(request: PeopleRequest, keep: PersonRow[]): Promise<void> {
    const mine = ++asked;
    state.loading = true;
    try {
      const page = await api.people(request);
      if (mine !== asked) return;
      Object.assign(state, { rows: [...keep, ...page.people], total: page.total, next: page.next, error: undefined });
    } catch (thrown) {
      if (mine === asked) state.error = Refused.from(thrown);
    } finally {
      if (mine === asked) state.loading = false;
    }
  }

  $effect(() => {
    void read(request(), []);
    return () => void asked++;
  });
  $effect(() =>
    onStale(({ topic }) => {
      if (topic !== 'people') return;
      const shown = Math.min(200, Math.max(50, state.rows?.length ?? 0));
      void read({ ...request(), limit: shown }, []);
    }),
  );

  return {
    get rows() {
      return state.rows;
    },
    get total() {
      return state.total;
    },
    get next() {
      return state.next;
    },
    get loading() {
      return state.loading;
    },
    get error() {
      return state.error;
    },
    more() {
      if (!state.loading && state.next) void read({ ...request(), after: state.next }, state.rows ?? []);
    },
  };
}
