import { flushSync } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import type { Stale } from './api';

const line = vi.hoisted(() => ({ tell: new Set<(news: Stale) => void>() }));
vi.mock('./api', async () => ({
  ...(await vi.importActual<typeof import('./api/backend')>('./api/backend')),
  onStale: (tell: (news: Stale) => void) => {
    line.tell.add(tell);
    return () => line.tell.delete(tell);
  },
}));

const { query, topics } = await import('./query.svelte');
const { Refused } = await import('./api/backend');

function news(topic: string, person: string | null = null): void {
  for (const tell of [...line.tell]) tell({ topic, person });
}

/** Lets every answered promise arrive. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  flushSync();
}

/** Runs within a component's life; gives back how to end it. */
function live<Made>(make: () => Made): [Made, () => void] {
  let made!: Made;
  const end = $effect.root(() => void (made = make()));
  flushSync();
  return [made, end];
}

describe('query', () => {
  it('reads at once, and again when news concern it', async () => {
    let answer = 1;
    const read = vi.fn(() => Promise.resolve(answer));
    const [it, end] = live(() => query(read, topics('people')));
    expect(it.loading).toBe(true);
    await settle();
    expect(it.data).toBe(1);
    answer = 2;
    news('sync');
    await settle();
    expect(it.data).toBe(1);
    news('people');
    news('people');
    await settle();
    expect(it.data).toBe(2);
    expect(read, 'a burst of news is one read').toHaveBeenCalledTimes(2);
    end();
    expect(line.tell.size).toBe(0);
  });

  it('listens for one person', async () => {
    const read = vi.fn(() => Promise.resolve(null));
    const [, end] = live(() => query(read, topics('person:a')));
    await settle();
    news('person', 'b');
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    news('person', 'a');
    await settle();
    expect(read).toHaveBeenCalledTimes(2);
    end();
  });

  it('reads again when what it asks for changes, and drops the answer that was overtaken', async () => {
    const answers = new Map<string, (data: string) => void>();
    let asked = $state('first');
    const [it, end] = live(() => query(() => new Promise<string>((resolve) => answers.set(asked, resolve))));
    asked = 'second';
    flushSync();
    answers.get('second')?.('two');
    await settle();
    answers.get('first')?.('one');
    await settle();
    expect(it.data).toBe('two');
    end();
  });

  it('keeps the last data when a later read is refused', async () => {
    let isRefused = false;
    const read = () => (isRefused ? Promise.reject(new Refused({ code: 'locked', message: '' })) : Promise.resolve('here'));
    const [it, end] = live(() => query(read));
    await settle();
    isRefused = true;
    await it.again();
    expect(it.data).toBe('here');
    expect(it.error?.code).toBe('locked');
    isRefused = false;
    await it.again();
    expect(it.error).toBeUndefined();
    end();
  });
});
