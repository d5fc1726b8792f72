import { describe, expect, it } from 'vitest';
import { Refused } from '$lib/api/backend';
import { setLocale } from '$lib/paraglide/runtime.js';
import { codeWords, errorWords, fieldError } from './words';

describe('words for what was refused', () => {
  it('has general words for a code that it does not know', () => {
    expect(codeWords('something_from_next_year')).toBe(codeWords('other'));
    void setLocale('es', { reload: false });
    expect(codeWords('something_from_next_year')).toMatch(/No funcionó/);
    void setLocale('en', { reload: false });
  });

  it('never shows the text that came along', () => {
    expect(errorWords(new Refused({ code: 'never_heard', message: 'SQL trouble at line 3' }))).not.toContain('SQL');
  });

  it('says how long to wait', () => {
    expect(errorWords(new Refused({ code: 'throttled', message: '', wait_ms: 5 * 60_000 }))).toContain('5 min');
  });

  it('belongs to its field alone', () => {
    const refused = new Refused({ code: 'too_long', message: '', field: 'notes' });
    expect(fieldError(refused, 'notes')).toBe(codeWords('too_long'));
    expect(fieldError(refused, 'next_step')).toBeUndefined();
  });

  it('takes whatever was thrown', () => {
    expect(Refused.from('a string').code).toBe('unexpected');
    expect(Refused.from({ code: 'locked', message: '' }).code).toBe('locked');
  });
});
