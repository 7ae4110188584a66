import { readFileSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Accepted, Posthorn as PosthornClient } from '@posthorn/client';
import type { DeliveriesAnswer, EventData, OutcomeData, WebsiteEventType } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { type ParsedMail, simpleParser } from 'mailparser';
import { afterAll, beforeAll, inject } from 'vitest';

export interface SendOptions {
  idempotencyKey?: string;
  traceparent?: string;
}

export type DeliveryOutcome = OutcomeData & { type: string };

interface LogEntry {
  id: string;
  type: string;
  kind: 'event' | 'outcome';
  data: unknown;
}

interface CrmObject {
  id: string;
  properties: Record<string, string | null>;
}

interface HubSpotRecords {
  contacts: CrmObject[];
  notes: CrmObject[];
  deals: CrmObject[];
  calls: { method: string; path: string; status: number; traceparent?: string }[];
}

interface MailRecord {
  to: string[] | string;
  raw: string;
}

export interface Books {
  balanced: boolean;
  totals: { service: string; inProgress: number; missing: number; stale: boolean }[];
  books: { service: string; asOf: string }[];
}

/** Longer than all other files together need it. */
const TURN_MS = 300_000;

export type Provider = 'hubspot' | 'smtp' | 'caldav';

/** Where a running system is and with which keys one may speak to it. */
export interface PosthornAddress {
  home: string;
  urls: Record<string, string>;
  keys: { site: string; auditor: string; operator: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    sharedPosthorn: PosthornAddress;
  }
}

/**
 * The system that the run's spec files share, one file at a time. Whoever uses it leaves it as it was, apart from
 * what it sent, and looks only at people and events of its own.
 */
export function sharedPosthorn(): Posthorn {
  const address = inject('sharedPosthorn');
  const turn = join(address.home, 'in-use');
  // The making of a folder succeeds for one of those who try.
  beforeAll(() => waitFor(() => mkdir(turn).then(() => true), { timeoutMs: TURN_MS, everyMs: 100, describe: 'its turn at the shared system' }), TURN_MS * 2);
  afterAll(() => rmdir(turn));
  return new Posthorn(address);
}

/** What a website, an auditor and an operator can do with the system over the wire, and kill -9. */
export class Posthorn {
  constructor(readonly address: PosthornAddress) {}

  get urls(): Record<'ingress' | 'audit' | 'console' | 'website', string> {
    return this.address.urls;
  }

  get siteKey(): string {
    return this.address.keys.site;
  }

  /** Postgres as its administrator, who sees every service's schema. */
  get postgres(): string {
    const { postgresAdmin } = JSON.parse(readFileSync(join(this.address.home, 'secrets.json'), 'utf8')) as { postgresAdmin: string };
    const url = new URL(this.address.urls['postgres'] ?? '');
    url.password = postgresAdmin;
    return url.href;
  }

  /** Where and as whom an independent CalDAV client finds the calendar. */
  get caldav(): { serverUrl: string; credentials: { username: string; password: string } } {
    const { caldavPassword } = JSON.parse(readFileSync(join(this.address.home, 'secrets.json'), 'utf8')) as { caldavPassword: string };
    return { serverUrl: `${this.urls.website}/caldav/`, credentials: { username: 'acme', password: caldavPassword } };
  }

  /** Resolves on 202, rejects on everything else. */
  send<T extends WebsiteEventType>(type: T, data: EventData<T>, options: SendOptions = {}): Promise<Accepted> {
    return new PosthornClient({ url: this.urls.ingress, key: this.siteKey, retryForMs: 0 }).send<WebsiteEventType>(type, data, options);
  }

  async stateOf(eventId: string): Promise<{ servicesReachable: boolean; services: DeliveriesAnswer[] }> {
    return getJson(`${this.urls.ingress}/v1/events/${eventId}`, this.siteKey);
  }

  /** The delivery of an event at a service once it is in that state; undefined before. */
  async deliveryOf(eventId: string, service: string, state: string): Promise<DeliveriesAnswer['deliveries'][number] | undefined> {
    const { services } = await this.stateOf(eventId);
    return services.find((one) => one.service === service)?.deliveries.find((delivery) => delivery.state === state);
  }

  /** What the audit log says became of an event, as soon as that many deliveries are done. */
  async outcomesOf(eventId: string, count: number): Promise<DeliveryOutcome[]> {
    return waitFor(
      async () => {
        const { deliveries } = await this.audit<{ deliveries: DeliveryOutcome[] }>(`/v1/trace/${eventId}`);
        const done = deliveries.filter(({ event, state }) => event?.id === eventId && state === 'delivered');
        return done.length >= count ? done : undefined;
      },
      { timeoutMs: 20_000, everyMs: 50, describe: `${count} deliveries of ${eventId}` },
    );
  }

  /** Every entry of the audit log that fits, oldest last. */
  async entries(filter: Record<string, string>): Promise<LogEntry[]> {
    const all: LogEntry[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = new URLSearchParams({ ...filter, limit: '500', ...(cursor === undefined ? {} : { cursor }) });
      const page = await this.audit<{ entries: LogEntry[]; next: string | null }>(`/v1/entries?${query.toString()}`);
      all.push(...page.entries);
      cursor = page.next;
    }
    return all;
  }

  async records(provider: 'hubspot'): Promise<HubSpotRecords> {
    return getJson(`${this.urls.website}/sandbox/records/${provider}`);
  }

  /** All mails to one address, oldest first, as an independent parser reads them. */
  async mailsTo(address: string): Promise<ParsedMail[]> {
    const mine = (await this.mails()).filter((mail) => [mail.to].flat().includes(address));
    return Promise.all(mine.map(({ raw }) => simpleParser(raw)));
  }

  async mailRecipients(): Promise<string[]> {
    return (await this.mails()).flatMap(({ to }) => to);
  }

  async fault(provider: Provider, fault: Record<string, unknown>): Promise<void> {
    const response = await fetch(`${this.urls.website}/sandbox/faults/${provider}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (!response.ok) throw new Error(`The fault was refused: ${await response.text()}`);
  }

  async mend(provider: Provider): Promise<void> {
    await fetch(`${this.urls.website}/sandbox/faults/${provider}`, { method: 'DELETE' });
  }

  /** As an operator, at the console. */
  async operate<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.urls.console + path, {
      method,
      headers: { authorization: `Bearer ${this.address.keys.operator}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** kill -9; resolves when the stack has started it again, which is not yet to be ready. */
  async kill(name: string): Promise<void> {
    const victim = this.pidOf(name);
    process.kill(victim, 'SIGKILL');
    await waitFor(() => this.pidOf(name) !== victim, { timeoutMs: 60_000, describe: `${name} after its kill` });
  }

  /** The books of today and yesterday, as soon as they are as wanted; by default, as soon as they all balance. */
  async books(wanted: (books: Books) => boolean = ({ balanced }) => balanced): Promise<Books> {
    // Yesterday as well: midnight may come in the middle of a test.
    const from = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    let seen: Books | undefined;
    return waitFor(
      async () => {
        seen = await this.audit<Books>(`/v1/books?from=${from}`);
        return wanted(seen) ? seen : undefined;
      },
      { timeoutMs: 90_000, everyMs: 250, describe: () => `the books, of which the last were ${JSON.stringify(seen?.totals)}` },
    );
  }

  pidOf(name: string): number {
    const running = JSON.parse(readFileSync(join(this.address.home, 'running.json'), 'utf8')) as { name: string; pid: number }[];
    const found = running.find((entry) => entry.name === name);
    if (found === undefined) throw new Error(`No process ${name} runs; there are ${running.map((entry) => entry.name).join(', ')}.`);
    return found.pid;
  }

  private audit<T>(path: string): Promise<T> {
    return getJson(`${this.urls.audit}${path}`, this.address.keys.auditor);
  }

  private async mails(): Promise<MailRecord[]> {
    return (await getJson<{ messages: MailRecord[] }>(`${this.urls.website}/sandbox/records/mail`)).messages;
  }
}

async function getJson<T>(url: string, key?: string): Promise<T> {
  const response = await fetch(url, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
