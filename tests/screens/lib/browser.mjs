/** Chromium: the one named by $CHROMIUM, else the distribution's, else Playwright's own. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
  const executablePath = process.env.CHROMIUM || ['/usr/bin/chromium'].find(existsSync);
  // Chromium's own sandbox refuses to start as root, and it opens nothing but our loopback pages.
  return chromium.launch({ executablePath, args: [...quiet, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] });
}
