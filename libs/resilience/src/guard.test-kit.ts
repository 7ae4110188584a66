import { Guard } from './guard.js';
import { type GuardSettings } from './guard.options.js';
import { CredentialsError, PermanentError, RetryableError } from './provider.errors.js';

type Action = (signal: AbortSignal) => Promise<unknown>;

export const guardOf = (settings: GuardSettings = {}): Guard => new Guard('acme-crm', settings);

export const unavailable = (): RetryableError => new RetryableError('DOWN', 'the provider is down', { status: 503 });
export const badRequest = (): PermanentError => new PermanentError('BAD', 'the provider refused the request', { status: 400 });
export const refused = (): CredentialsError => new CredentialsError('REFUSED', 'the token is not accepted', { status: 401 });

export const fails = (error: Error) => (): Promise<never> => Promise.reject(error);
export const succeeds = (): Promise<string> => Promise.resolve('ok');
export const takes = (ms: number) => (): Promise<string> => new Promise<string>((resolve) => setTimeout(() => resolve('late'), ms));
export const hangs = (): Promise<never> => new Promise(() => undefined);
export const obeys = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError'))));

/** What a call answered, or the error with which it ended. */
export const outcome = (guard: Guard, action: Action): Promise<unknown> => guard.run(action).catch((error: unknown) => error);

export async function failTimes(guard: Guard, times: number, error: Error = unavailable()): Promise<void> {
  for (let i = 0; i < times; i++) await outcome(guard, fails(error));
}
