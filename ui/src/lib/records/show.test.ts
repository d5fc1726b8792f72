import { expect, it } from 'vitest';
import { valueWords } from './show';

it('does not show an agency as a bare number', () => {
  const words = (field: string, value: string) => valueWords('overdose_event', field, value, 0, 'UTC');
  expect(words('agency', '0920101')).toBe('Number 0920101');
  expect(words('agency_name', 'Pine County EMS')).toBe('Pine County EMS');
});
