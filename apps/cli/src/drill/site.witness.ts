import { setTimeout as pause } from 'node:timers/promises';
import { type Access } from '../client.settings.js';
import { CliError } from '../cli.error.js';
import { call } from '../http.client.js';
import { Turnstile } from './turnstile.js';

/** An outcome as the log has it. */
export interface LoggedOutcome {
  /** Its id sorts by time. */
  id: string;
  eventId: string;
  service: string;
  connection: string;
  action: string;
  state: string;
  error?: { code: string; message: string };
}

export interface DrillLog {
  /** The drill's own events in the log. */
  events: ReadonlySet<string>;
  outcomes: readonly LoggedOutcome[];
}

/** What ingress and the services say of an event at this moment, from their own tables. */
export interface EventState {
  site: string;
  services: readonly { service: string; deliveries: readonly { connection: string; action: string; state: string }[] }[];
}

export interface Book {
  service: string;
  site: string;
  day: string;
  missing: number;
  stale: boolean;
  asOf: string;
}

interface Entry {
  id: string;
  kind: 'event' | 'outcome';
  causationid?: string;
  eventId?: string;
  service?: string;
  connection?: string;
  outcome?: string;
  data?: { action?: string; error?: LoggedOutcome['error'] };
}

/** The log writes it down and answers for itself: the others' work is what has to be in it. */
export const LOG = 'audit';
const AT_ONCE = 8;
const PAGE = 500;
/** Ingress waits for nobody who hesitates. */
const ASKED_FOR_SERVICES = 4;
const ASKED_EVERY_MS = 150;
const NO_EVENT = '00000000-0000-7000-8000-000000000000';

/** Asks audit and ingress what they know of the drill's events: the log, the services' own words, the books. */
export class SiteWitness {
  private readonly turnstile = new Turnstile(AT_ONCE);

  constructor(
    private readonly ingress: Access,
    private readonly audit: Access,
    /** The correlation id of all of the drill's events. */
    private readonly run: string,
  ) {}

  /** Whether both answer and both keys open, before anything is sent; rejects with what to do. */
  async check(): Promise<void> {
    await this.log();
    await this.state(NO_EVENT);
  }

  /** Read anew each time: an outcome that was long on its way has an early place. */
  async log(): Promise<DrillLog> {
    const events = new Set<string>();
    const outcomes: LoggedOutcome[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = new URLSearchParams({ correlation: this.run, limit: String(PAGE), ...(cursor === '' ? {} : { cursor }) });
      const page: { entries: Entry[]; next: string | null } = await call(this.audit, `/v1/entries?${query.toString()}`);
      for (const entry of page.entries) {
        // What an event led to, such as a click on a link, is not of the drill's sending.
        if (entry.kind === 'event' && entry.causationid === undefined) events.add(entry.id);
        const { id, eventId, service, connection, outcome: state, data } = entry;
        if (entry.kind === 'outcome' && eventId !== undefined && service !== undefined && connection !== undefined && state !== undefined) {
          outcomes.push({ id, eventId, service, connection, action: data?.action ?? '', state, error: data?.error });
        }
      }
      cursor = page.next;
    }
    return { events, outcomes };
  }

  /** Undefined when ingress does not know the event. */
  async state(eventId: string): Promise<EventState | undefined> {
    try {
      const { site, services } = await call<EventState>(this.ingress, `/v1/events/${eventId}`);
      return { site, services: services.filter(({ service }) => service !== LOG) };
    } catch (error) {
      if (error instanceof CliError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Who answers, whether or not the event is its business. */
  async services(eventId: string): Promise<Set<string>> {
    const answering = new Set<string>();
    for (let time = 0; time < ASKED_FOR_SERVICES; time += 1) {
      if (time > 0) await pause(ASKED_EVERY_MS);
      for (const { service } of (await this.state(eventId))?.services ?? []) answering.add(service);
    }
    return answering;
  }

  async states(eventIds: readonly string[]): Promise<Map<string, EventState | undefined>> {
    return new Map(await Promise.all(eventIds.map(async (id) => [id, await this.turnstile.pass(() => this.state(id))] as const)));
  }

  async books(from: string, until: string): Promise<Book[]> {
    return (await call<{ books: Book[] }>(this.audit, `/v1/books?${new URLSearchParams({ from, until }).toString()}`)).books;
  }
}
