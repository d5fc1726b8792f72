// Compiles the catalogues into src/lib/paraglide, for type checks outside Vite.
import { compile } from '@inlang/paraglide-js';
import { paraglide } from '../paraglide.config.mjs';

await compile(paraglide);
