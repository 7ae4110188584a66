import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeliveriesAnswer, EventData, EventType, OutcomeData } from '@posthorn/contracts';
import { waitFor } from '@posthorn/testing';
import { anyPorts, EXAMPLE_CONFIG, startStack, type Stack } from '@posthorn/tools';
import { type ParsedMail, simpleParser } from 'mailparser';

export interface Accepted {
  id: string;
  acceptedAt: string;
}

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

export type Provider = 'hubspot' | 'smtp' | 'caldav';

/** The whole system in real processes, on ports and in a folder of its own. */
export async function startPosthorn(): Promise<Posthorn> {
  const home = mkdtempSync(join(tmpdir(), 'posthorn-e2e-'));
  const stack = await startStack({ home, configFile: EXAMPLE_CONFIG, ports: await anyPorts(), env: withoutServers(process.env) });
  return new Posthorn(stack, home);
}

/** What a website, an auditor and an operator can do with it, over the wire. */
export class Posthorn {
  constructor(
    private readonly stack: Stack,
    private readonly home: string,
  ) {}

  get urls(): Record<'ingress' | 'audit' | 'console' | 'website', string> {
    return this.stack.urls;
  }

  get siteKey(): string {
    return this.stack.keys.site;
  }

  /** Where and as whom an independent CalDAV client finds the calendar. */
  get caldav(): { serverUrl: string; credentials: { username: string; password: string } } {
    const { caldavPassword } = JSON.parse(readFileSync(join(this.home, 'secrets.json'), 'utf8')) as { caldavPassword: string };
    return { serverUrl: `${this.urls.website}/caldav/`, credentials: { username: 'acme', password: caldavPassword } };
  }

  /** Resolves on 202, rejects on everything else. */
  async send<T extends EventType>(type: T, data: EventData<T>, options: SendOptions = {}): Promise<Accepted> {
    const headers: Record<string, string> = { 'content-type': 'application/json', authorization: `Bearer ${this.siteKey}` };
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
    if (options.traceparent !== undefined) headers['traceparent'] = options.traceparent;
    const response = await fetch(`${this.urls.ingress}/v1/events`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ type, data }),
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status !== 202) throw new Error(`${type} was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Accepted;
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
      headers: { authorization: `Bearer ${this.stack.keys.operator}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** kill -9; the stack starts it again. */
  async kill(name: string): Promise<void> {
    await this.stack.process(name).kill('SIGKILL');
  }

  /** Stops it in good order, until `resume`. */
  async halt(name: string): Promise<void> {
    await this.stack.process(name).stop();
  }

  async resume(name: string): Promise<void> {
    await this.stack.process(name).start();
  }

  /** kill -9 of NATS, and its disk is lost. */
  async loseNats(): Promise<void> {
    await this.kill('nats');
    rmSync(join(this.home, 'nats'), { recursive: true, force: true });
  }

  /** Resolves when every service says that it is ready. */
  async untilReady(): Promise<void> {
    await Promise.all([...this.stack.processes.values()].map((process) => process.ready(60_000)));
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  private audit<T>(path: string): Promise<T> {
    return getJson(`${this.urls.audit}${path}`, this.stack.keys.auditor);
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

/** The tests bring their own servers, whatever the person who runs them uses otherwise. */
function withoutServers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, POSTGRES_URL: '', NATS_URL: '' };
}
