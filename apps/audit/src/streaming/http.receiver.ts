import { CredentialsError, PermanentError, requestProvider, RetryableError, retryAfterMs } from '@posthorn/resilience';
import type { EntryView } from '../questions/entry.view.js';
import type { Receiver } from './receiver.js';
import type { StreamSettings } from './stream.settings.js';

const LATER = [408, 425, 429];

/** A POST of NDJSON for each batch. Any 2xx is the receiver's word that it has all of it. */
export class HttpReceiver implements Receiver {
  readonly most = { entries: 256, bytes: 1_048_576 };

  constructor(private readonly settings: Pick<StreamSettings, 'id' | 'to' | 'token' | 'guard'>) {}

  write(entry: EntryView): string {
    return `${JSON.stringify(entry)}\n`;
  }

  async deliver(messages: readonly string[], signal: AbortSignal): Promise<void> {
    const { id, to, token, guard } = this.settings;
    const headers = { 'content-type': 'application/x-ndjson', 'posthorn-stream': id, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const { status, headers: answer } = await requestProvider({ provider: 'The receiver', method: 'POST', url: to, headers, body: messages.join(''), signal, timeoutMs: guard.deadlineMs });
    if (status >= 200 && status < 300) return;
    if (status === 401 || status === 403) throw new CredentialsError('STREAM_UNAUTHORIZED', `The receiver refuses the token (${status})`, { status, remedy: 'Check the token of the stream.' });
    if (status >= 500 || LATER.includes(status)) throw new RetryableError('STREAM_RECEIVER_BUSY', `The receiver answered ${status}`, { status, retryAfterMs: retryAfterMs(answer) });
    throw new PermanentError('STREAM_REFUSED', `The receiver answered ${status}`, { status, remedy: 'Check where the stream goes to, and whether it takes a POST of NDJSON of up to a megabyte.' });
  }
}
