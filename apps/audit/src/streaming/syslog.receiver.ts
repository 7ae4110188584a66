import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { RetryableError, UnknownOutcomeError } from '@posthorn/resilience';
import type { EntryView } from '../questions/entry.view.js';
import type { Receiver } from './receiver.js';
import type { StreamSettings } from './stream.settings.js';
import { syslogMessageOf } from './syslog.message.js';

const PORT = 6514;
/** Longer than what was written is on its way. */
const ON_ITS_WAY_MS = 200;

/**
 * Syslog over TLS (RFC 5425), a connection for each batch. Syslog has no acknowledgement, and what a socket has taken is
 * lost when the receiver dies. But who closes in answer to our close has read all before it: a receiver that dies with
 * something unread resets the connection, and one that closes before we do acknowledges nothing.
 */
export class SyslogReceiver implements Receiver {
  readonly most = { entries: 2_048, bytes: 4_194_304 };
  private session: Buffer | undefined;

  constructor(
    private readonly settings: Pick<StreamSettings, 'to' | 'ca'>,
    private readonly origin: string,
  ) {}

  write(entry: EntryView): string {
    return syslogMessageOf(entry, this.origin);
  }

  deliver(messages: readonly string[], signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const socket = this.connect();
    let [begun, closing] = [false, false];
    let failure: Error | undefined;
    const abort = (): void => void socket.destroy(new Error('no acknowledgement in time'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    socket.once('secureConnect', () => {
      begun = true;
      socket.write(messages.join(''), () => {
        setTimeout(() => {
          closing = !socket.readableEnded;
          socket.end();
        }, ON_ITS_WAY_MS);
      });
    });
    socket.on('session', (session: Buffer) => {
      this.session = session;
    });
    socket.on('error', (error: Error) => {
      failure ??= error;
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      if (closing && failure === undefined && socket.readableEnded) resolve(undefined);
      else reject(this.problem(begun, failure));
    });
    // Only who reads hears of the end.
    socket.resume();
    return promise;
  }

  private connect(): TLSSocket {
    const { hostname, port } = new URL(this.settings.to);
    // A URL has the address of IPv6 in brackets.
    const host = hostname.replaceAll(/[[\]]/g, '');
    return connect({ host, port: port === '' ? PORT : Number(port), ...(isIP(host) === 0 ? { servername: host } : {}), ca: this.settings.ca, session: this.session });
  }

  private problem(begun: boolean, cause: Error | undefined): Error {
    const code = cause !== undefined && 'code' in cause ? String(cause.code) : (cause?.message ?? 'closed');
    // Another session may be what it wants.
    this.session = undefined;
    if (!begun) return new RetryableError('STREAM_UNREACHABLE', `The receiver cannot be reached (${code})`, { cause, remedy: 'Check where the stream goes to, the network between, and whether its certificate is from whom ca names.' });
    return new UnknownOutcomeError('STREAM_UNACKNOWLEDGED', `The connection to the receiver broke before it had read everything (${code})`, { cause });
  }
}
