/** The corrected time: the device's, moved by what it knows about the county's. Turns over every half minute. */
export class Clock {
  #offset: number;
  #tick = $state(Date.now());

  constructor(now: number) {
    this.#offset = now - Date.now();
  }

  /** Milliseconds since 1970; a screen that shows it is drawn again as it goes on. */
  get now(): number {
    return this.#tick + this.#offset;
  }

  /** At this very moment, for what is being recorded. */
  exact(): number {
    return Date.now() + this.#offset;
  }

  run(): () => void {
    const timer = setInterval(() => (this.#tick = Date.now()), 30_000);
    return () => clearInterval(timer);
  }
}
