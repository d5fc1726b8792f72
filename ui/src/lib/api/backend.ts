import type { AppError, Command, SealedFile, Stale } from './types';

/** How a command reaches `app`: through the shell, or through the loopback bridge. */
export interface Backend {
  /** Answers what the command names, or throws a {@link Refused}. */
  call(command: Command): Promise<unknown>;
  /** Lets the worker choose where a sealed file goes; `false` when they chose nowhere. */
  saveFile(file: SealedFile): Promise<boolean>;
  /** Tells which views are out of date; gives back how to stop. */
  onStale(tell: (news: Stale) => void): () => void;
}

/** What `app` answered instead of a result. Branch on `code`. */
export class Refused extends Error {
  readonly code: string;
  readonly field: string | undefined;
  readonly waitMs: number | undefined;

  constructor(error: AppError) {
    super(error.message);
    this.code = error.code;
    this.field = error.field;
    this.waitMs = error.wait_ms;
  }

  /** Whatever was thrown, as one kind of error. */
  static from(thrown: unknown): Refused {
    if (thrown instanceof Refused) return thrown;
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown) return new Refused(thrown as AppError);
    return new Refused({ code: 'unexpected', message: 'no answer' });
  }
}
