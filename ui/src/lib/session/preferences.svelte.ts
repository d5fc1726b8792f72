import { api } from '$lib/api';
import { getLocale, isLocale, setLocale, type Locale } from '$lib/paraglide/runtime.js';

export type Theme = 'system' | 'light' | 'dark';

/** Where it lies in the vault, beside the drafts. */
export const PREFERENCES = 'preferences';

/**
 * Language and theme. The webview keeps nothing, so they lie in the worker's vault; before it is open, the system's
 * language and theme count.
 */
export class Preferences {
  locale = $state<Locale>(getLocale());
  theme = $state<Theme>('system');

  /** Takes what the worker chose last time. */
  async load(): Promise<void> {
    const kept = (await api.draft(PREFERENCES))?.body as { locale?: unknown; theme?: unknown } | undefined;
    if (isLocale(kept?.locale)) this.speak(kept.locale);
    if (kept?.theme === 'light' || kept?.theme === 'dark' || kept?.theme === 'system') this.show(kept.theme);
  }

  /** Changes the language of everything on the screen. */
  speak(locale: Locale): void {
    void setLocale(locale, { reload: false });
    document.documentElement.lang = locale;
    this.locale = locale;
  }

  show(theme: Theme): void {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.theme = theme;
  }

  async keep(): Promise<void> {
    await api.saveDraft(PREFERENCES, null, { locale: this.locale, theme: this.theme });
  }
}
