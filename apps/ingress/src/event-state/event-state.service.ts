import { Injectable } from '@nestjs/common';
import { acceptedAtOf, DELIVERIES_OF_EVENT, UUID_V7 } from '@posthorn/contracts';
import { Ledger } from '@posthorn/ledger';
import { Inquiry } from '@posthorn/messaging';
import { z } from 'zod';
import { QuarantineReader } from '../quarantine/quarantine.reader.js';

const delivery = z.object({
  connection: z.string(),
  action: z.string(),
  state: z.string(),
  attempts: z.number(),
  externalId: z.string().nullish(),
  nextAttemptAt: z.string().nullish(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).nullish(),
  updatedAt: z.string(),
});
export const serviceState = z.object({ service: z.string(), deliveries: z.array(delivery) });

export type ServiceState = z.infer<typeof serviceState>;

export interface EventState {
  id: string;
  type: string;
  site: string;
  acceptedAt: string;
  /** Its personal values have been erased. */
  erased?: true;
  /** It waits for a decision, or was decided against. */
  setAside?: 'held' | 'discarded';
  /** False when no service answered; the event is safe all the same. */
  servicesReachable: boolean;
  services: ServiceState[];
  note?: string;
}

// Services answer within milliseconds; a site's page that polls must not wait for one that is down.
const MAX_WAIT_MS = 500;
const STALL_MS = 75;

/** Puts together what the ledger knows and what each service says. */
@Injectable()
export class EventStateService {
  constructor(
    private readonly ledger: Ledger,
    private readonly inquiry: Inquiry,
    private readonly quarantine: QuarantineReader,
  ) {}

  async find(id: string, site: string): Promise<EventState | undefined> {
    if (!UUID_V7.test(id)) return undefined;
    const row = await this.ledger.find(id);
    if (row === undefined) return this.heldState(id, site);
    if (row.site !== site) return undefined;
    const { type, envelope } = row;
    const accepted = { id, type, site, acceptedAt: acceptedAtOf(id).toISOString(), ...(envelope.erased === true ? { erased: true as const } : {}) };
    const services = await this.ask(id);
    if (services.length > 0) return { ...accepted, servicesReachable: true, services };
    const note = 'No service can be reached at the moment. The event is stored and will be delivered.';
    return { ...accepted, servicesReachable: false, services, note };
  }

  /** Of an event that was answered like any other, and is not in the ledger. */
  private async heldState(id: string, site: string): Promise<EventState | undefined> {
    const record = await this.quarantine.find(id);
    if (record === undefined || record.site !== site || record.kind !== 'held' || record.type === undefined) return undefined;
    const told = { id, type: record.type, site, acceptedAt: record.receivedAt.toISOString(), servicesReachable: false, services: [] };
    if (record.state === 'held') return { ...told, setAside: 'held', note: 'A person decides whether it is delivered.' };
    // Let in under another id: the same had come again.
    if (record.eventId !== undefined) return this.find(record.eventId, site);
    return { ...told, setAside: 'discarded', note: 'It is not delivered.' };
  }

  private async ask(eventId: string): Promise<ServiceState[]> {
    try {
      const answers = await this.inquiry.askMany<unknown>(
        DELIVERIES_OF_EVENT,
        { eventId },
        { maxWaitMs: MAX_WAIT_MS, stallMs: STALL_MS },
      );
      return merged(answers.flatMap((one) => serviceState.safeParse(one).data ?? []));
    } catch {
      // NATS is away, which the log and /metrics say elsewhere; the caller hears that nobody answered.
      return [];
    }
  }
}

// Every replica of a service answers, from the same tables: one answer each is enough.
function merged(answers: ServiceState[]): ServiceState[] {
  const byService = new Map(answers.map((one) => [one.service, one]));
  return [...byService.values()].sort((a, b) => a.service.localeCompare(b.service));
}
