import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@posthorn/testing';
import { type QueueRow, WordPressSite } from './wordpress.site.js';

/** The Posthorn that the website sends to. */
export interface PosthornForWordPress {
  /** Where the website thinks that ingress is. */
  url: string;
  /** May submit events, and nothing else. */
  key: string;
  away: () => Promise<void>;
  back: () => Promise<void>;
  /** The events of people whose address has this in it. */
  received: (mark: string) => Promise<ReceivedEvent[]>;
}

export interface ReceivedEvent {
  id: string;
  type: string;
  data: { person?: Record<string, string>; message?: string; consent?: { purposes: string[] }; [more: string]: unknown };
}

export interface WordPressFinding {
  complaints: string[];
  /** What happened, and how often. */
  table: [string, string][];
}

export const PATIENCE = { timeoutMs: 30_000, everyMs: 100 };
const SOURCES = ['contact-form-7', 'wpforms', 'comments', 'accounts', 'woocommerce'];
/** The forms that decide what becomes of what waits and what was refused. */
export const DECISION = 'value="posthorn_failed"';

/** A website, the Posthorn behind it, and what there was to complain of. */
export abstract class WordPressStage {
  protected readonly site = new WordPressSite();
  protected readonly complaints: string[] = [];
  protected readonly table: [string, string][] = [];
  protected readonly mark = `wp${Date.now().toString(36)}`;
  private addresses = 0;

  constructor(
    protected readonly posthorn: PosthornForWordPress,
    protected readonly progress: (line: string) => void,
  ) {}

  protected save(key: string, url = this.posthorn.url): Promise<string> {
    const settings = { url, forms_as: 'lead.submitted', consent_field: 'offers', consent_purposes: 'offers-by-mail', consent_wording: '2026-11', 'sources][': SOURCES };
    return this.site.submitSettings('posthorn-url', { ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`posthorn_settings[${name}]`, value])), posthorn_key: key });
  }

  /** Until everything is sent, and at least so much. */
  protected untilSent(least: number): Promise<QueueRow[]> {
    let last: QueueRow[] = [];
    return waitFor(
      async () => {
        last = await this.site.standIn('queue');
        return last.length >= least && last.every(({ state }) => state === 'sent') ? last : undefined;
      },
      { ...PATIENCE, describe: () => `the queue to be sent: ${JSON.stringify(last.filter(({ state }) => state !== 'sent').map(({ type, state, attempts, reason }) => ({ type, state, attempts, reason })))}` },
    );
  }

  protected untilReceived(count: number): Promise<ReceivedEvent[]> {
    let last: ReceivedEvent[] = [];
    return waitFor(
      async () => {
        last = await this.posthorn.received(this.mark);
        return last.length >= count ? last : undefined;
      },
      { ...PATIENCE, describe: () => `${count} events, of which there are ${last.length}` },
    );
  }

  protected address(): string {
    this.addresses += 1;
    return `${this.mark}-${this.addresses}@example.com`;
  }

  protected expect(holds: boolean, complaint: string): void {
    if (!holds) this.complaints.push(complaint);
  }

  protected same(found: unknown, wanted: unknown, what: string): void {
    this.expect(isDeepStrictEqual(found, wanted), `${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }

  protected note(what: string, became: string): void {
    this.table.push([what, became]);
    this.progress(`${what}: ${became}`);
  }
}

/** Those that wait, once one of them was tried and all of them are there. */
export function tried(rows: QueueRow[], count: number): QueueRow[] | undefined {
  const waiting = rows.filter(({ state }) => state === 'waiting');
  return waiting.length === count && waiting.some(({ reason }) => reason !== '') ? waiting : undefined;
}
