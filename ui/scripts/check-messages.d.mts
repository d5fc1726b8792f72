/** Everything that is wrong with the catalogues, as lines. */
export function faults(): string[];
