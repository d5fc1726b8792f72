import { Refused, type Backend } from './backend';
import type { AppError, Command, SealedFile, Stale } from './types';

/** The loopback bridge: the same commands over HTTP, with the session in a cookie. */
export function bridge(): Backend {
  // One stream for all: a browser opens only six connections to a host, and every query listens.
  const listeners = new Set<(news: Stale) => void>();
  let events: EventSource | undefined;

  return {
    async call(command: Command) {
      let answer: Response;
      try {
        answer = await fetch('/call', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(command),
        });
      } catch {
        throw new Refused({ code: 'bridge_gone', message: 'the bridge does not answer' });
      }
      if (answer.ok) return answer.json();
      if (answer.status === 422) throw new Refused((await answer.json()) as AppError);
      if (answer.status === 401) throw new Refused({ code: 'bridge_session', message: 'the bridge does not know this page' });
      throw new Refused({ code: 'unexpected', message: `the bridge answered ${answer.status}` });
    },
    async saveFile({ name, content }: SealedFile) {
      const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
      return true;
    },
    onStale(tell) {
      listeners.add(tell);
      events ??= listen((news) => listeners.forEach((each) => each(news)));
      return () => {
        listeners.delete(tell);
        if (listeners.size > 0) return;
        events?.close();
        events = undefined;
      };
    },
  };
}

function listen(tell: (news: Stale) => void): EventSource {
  const events = new EventSource('/events');
  events.onmessage = (event: MessageEvent<string>) => tell(JSON.parse(event.data) as Stale);
  return events;
}
