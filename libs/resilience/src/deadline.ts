import { ProviderError, UnclassifiedError, UnknownOutcomeError } from './provider.errors.js';

/** How long an aborted call may take to say itself what it knows, e.g. that nothing was sent yet. */
const GRACE_MS = 50;

export interface RunningCall<T> {
  /** Settles at the deadline plus a short grace at the latest. */
  readonly result: Promise<T>;
  /** Resolves when the action has really ended, however late. */
  readonly ended: Promise<void>;
}

/** Runs the action with an AbortSignal of its own: a signal shared between calls would let one timeout abort a healthy sibling. */
export function startWithDeadline<T>(action: (signal: AbortSignal) => Promise<T>, deadlineMs: number): RunningCall<T> {
  const controller = new AbortController();
  const running = new Promise<T>((resolve) => resolve(action(controller.signal)));
  const ended = running.then(
    () => undefined,
    () => undefined,
  );
  const result = new Promise<T>((resolve, reject) => {
    let late: UnknownOutcomeError | undefined;
    let timer = setTimeout(() => {
      const exceeded = deadlineExceeded(deadlineMs);
      late = exceeded;
      timer = setTimeout(() => reject(exceeded), GRACE_MS);
      controller.abort(exceeded);
    }, deadlineMs);
    running.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof ProviderError ? error : (late ?? new UnclassifiedError(error)));
      },
    );
  });
  return { result, ended };
}

// Not before it is needed: an error's stack trace costs more than the rest of a call's bookkeeping.
function deadlineExceeded(deadlineMs: number): UnknownOutcomeError {
  return new UnknownOutcomeError('DEADLINE_EXCEEDED', `The call did not end within ${deadlineMs} ms; whether it took effect is unknown`, {
    remedy: 'If the provider is merely slow, raise guard.deadlineMs of the connection.',
  });
}
