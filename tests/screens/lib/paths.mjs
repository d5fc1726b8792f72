/** Where things lie, and which folder the build writes to. */
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
export const program = (name) => resolve(target, 'debug', name);
/** Pictures go beside the checkout's other results, wherever the build writes. */
export const pictures = resolve(target, 'screens');
export const report = resolve(root, 'crates/exchange/tests/fixtures/meets_reachable.xml');
