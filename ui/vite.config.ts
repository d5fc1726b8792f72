import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { paraglide } from './paraglide.config.mjs';

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [paraglideVitePlugin(paraglide as Parameters<typeof paraglideVitePlugin>[0]), svelte()],
  resolve: {
    alias: { $lib: src('lib') },
    // Tests run Svelte's browser side too.
    conditions: mode === 'test' ? ['browser'] : undefined,
  },
  build: {
    target: ['chrome110', 'safari16'],
    // The content policy allows no inlined files and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port: 5173, strictPort: true },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'] },
}));
