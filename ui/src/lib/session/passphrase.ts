import * as v from 'valibot';

/** A passphrase of one's own has at least so many characters. */
export const LEAST = 15;

/** What can be said about a new passphrase before it is sent; the device refuses common ones itself. */
export const newPassphrase = v.pipe(
  v.object({
    passphrase: v.pipe(v.string(), v.check((text) => text.trim() !== '', 'required')),
    repeat: v.string(),
    suggested: v.boolean(),
  }),
  v.forward(
    v.check(({ passphrase, suggested }) => suggested || [...passphrase].length >= LEAST, 'passphrase_too_short'),
    ['passphrase'],
  ),
  v.forward(
    v.check(({ passphrase, repeat }) => passphrase === repeat, 'passphrase_differs'),
    ['repeat'],
  ),
);
