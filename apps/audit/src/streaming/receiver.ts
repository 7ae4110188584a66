import type { EntryView } from '../questions/entry.view.js';
import { HttpReceiver } from './http.receiver.js';
import { isSyslog, type StreamSettings } from './stream.settings.js';
import { SyslogReceiver } from './syslog.receiver.js';

/** Where a stream goes. Called inside a guard, and throws what the guard understands. */
export interface Receiver {
  /** How much it is given at once. */
  readonly most: { readonly entries: number; readonly bytes: number };
  /** An entry as it is sent. */
  write(entry: EntryView): string;
  /** Resolves when the receiver has acknowledged all of them. */
  deliver(messages: readonly string[], signal: AbortSignal): Promise<void>;
}

export const receiverOf = (settings: StreamSettings, origin: string): Receiver => (isSyslog(settings.to) ? new SyslogReceiver(settings, origin) : new HttpReceiver(settings));
