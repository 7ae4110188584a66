import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface FakeDelivery {
  service: string;
  connection: string;
  action: string;
  state: string;
  /** How often the log has it. */
  logged: number;
}

interface FakeEvent {
  id: string;
  type: string;
  correlationid: string;
  recorded: boolean;
  deliveries: FakeDelivery[];
}

const SITE = 'acme';
const WORK: readonly [service: string, action: string, types: RegExp][] = [
  ['crm-sync', 'sync-person', /^(?!appointment)/],
  ['email', 'mail', /^(lead|order|appointment)/],
];

/** Ingress and audit in one: it accepts, and has a log, deliveries and books in which a test breaks what it likes. */
export class FakeSite {
  readonly events: FakeEvent[] = [];
  readonly bodies: { type: string; data: unknown; correlationid: string }[] = [];
  /** Requests to accept that are cut off, after they were heard; taken from the front. */
  readonly failures: (number | 'cut' | undefined)[] = [];
  /** Called with each event as it is accepted. */
  onAccept: (event: FakeEvent, index: number) => void = () => undefined;
  forgetsKeys = false;
  booksMiss: Record<string, number> = {};
  silent = new Set<string>();
  /** Of which audit has never heard. */
  unbooked = new Set<string>();
  /** When the books were kept; now, unless it is set. */
  keptAt: string | undefined;
  private readonly keys = new Map<string, FakeEvent>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeSite> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const site = new FakeSite(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => site.answer(request, Buffer.concat(parts).toString(), response));
    });
    return site;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const say = (value: unknown, status = 200): unknown => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.method === 'POST') this.accept(String(request.headers['idempotency-key']), body, say, response);
    else if (pathname === '/v1/entries') say({ entries: this.entries(searchParams.get('correlation')), next: null });
    else if (pathname === '/v1/books') say({ books: this.books() });
    else {
      const event = this.events.find(({ id }) => pathname.endsWith(id));
      if (event === undefined) say({ title: 'Unknown' }, 404);
      else say({ site: SITE, services: ['audit', ...WORK.map(([service]) => service)].filter((service) => !this.silent.has(service)).map((service) => ({ service, deliveries: event.deliveries.filter((one) => one.service === service) })) });
    }
  }

  private accept(key: string, body: string, say: (value: unknown, status: number) => unknown, response: ServerResponse): void {
    const failure = this.failures.shift();
    if (typeof failure === 'number') {
      say({ title: 'Not now', detail: 'try later' }, failure);
      return;
    }
    const { type, data, correlationid } = JSON.parse(body) as FakeSite['bodies'][number];
    let event = this.forgetsKeys ? undefined : this.keys.get(key);
    if (event === undefined) {
      const deliveries = WORK.filter(([, , types]) => types.test(type)).map(([service, action]) => ({ service, connection: `acme-${service}`, action, state: 'delivered', logged: 1 }));
      event = { id: randomUUID(), type, correlationid, recorded: true, deliveries };
      this.onAccept(event, this.events.length);
      this.events.push(event);
      this.bodies.push({ type, data, correlationid });
      this.keys.set(key, event);
    }
    if (failure === 'cut') response.destroy();
    else say({ id: event.id, acceptedAt: new Date().toISOString() }, 202);
  }

  private entries(correlation: string | null): unknown[] {
    return this.events.filter(({ correlationid }) => correlationid === correlation).flatMap(({ id, type, recorded, deliveries }) => [
      ...(recorded ? [{ id, type, kind: 'event' }] : []),
      ...deliveries.flatMap(({ service, connection, action, state, logged }) =>
        Array.from({ length: logged }, () => ({ id: randomUUID(), kind: 'outcome', eventId: id, service, connection, outcome: state, data: { action, ...(state === 'delivered' ? {} : { error: { code: 'WHY', message: 'because' } }) } })),
      ),
    ]);
  }

  private books(): unknown[] {
    const day = new Date().toISOString().slice(0, 10);
    return ['audit', ...WORK.map(([service]) => service)].filter((service) => !this.unbooked.has(service)).map((service) => ({ service, site: SITE, day, missing: this.booksMiss[service] ?? 0, stale: false, asOf: this.keptAt ?? new Date().toISOString() }));
  }
}
