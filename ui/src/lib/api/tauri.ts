import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { Refused, type Backend } from './backend';
import type { Command, SealedFile, Stale } from './types';

/** The shell: one command, one event. */
export function tauri(): Backend {
  return {
    async call(command: Command) {
      try {
        return await invoke('call', { command });
      } catch (thrown) {
        throw Refused.from(thrown);
      }
    },
    async saveFile(file: SealedFile) {
      try {
        return await invoke<boolean>('save_file', { ...file });
      } catch (thrown) {
        throw Refused.from(thrown);
      }
    },
    onStale(tell) {
      const listening = listen<Stale>('stale', (event) => tell(event.payload));
      return () => void listening.then((stop) => stop());
    },
  };
}
