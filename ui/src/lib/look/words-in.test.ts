import { expect, test } from 'vitest';
import { changeIn, wordsIn } from './words-in';

test('the words of a refused change and of a draft are found, codes and ids are not', () => {
  const change = { id: '01a2', kind: 'peer_note', fields: { text: { v: 'Asked about the clinic.' } } };
  const draft = { present: ['person'], notes: ' Half a\nnote ', supplies: [{ lot: 'PX4471' }] };
  expect(wordsIn(change)).toEqual(['Asked about the clinic.']);
  expect(wordsIn(draft)).toEqual(['Half a\nnote']);
  expect(wordsIn(null)).toEqual([]);
});

test('a change is told from the state of a form', () => {
  expect(changeIn({ kind: 'peer_note', fields: { text: { v: 'Asked.' } } })).toEqual({ kind: 'peer_note', values: { text: 'Asked.' } });
  expect(changeIn({ notes: 'Half a note', kind: 'home' })).toBeUndefined();
  expect(changeIn(null)).toBeUndefined();
});
