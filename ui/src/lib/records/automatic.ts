/** Fields of a new record that nobody is asked for. */
export function automatic(kind: string, now: number): Record<string, unknown> {
  switch (kind) {
    case 'referral':
      return { status: 'requested', offered_at: now };
    case 'step_forward':
    case 'supply_handout':
      return { happened_at: now };
    default:
      return {};
  }
}
