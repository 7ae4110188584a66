import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { createOutcome, outcomeSubject } from '@posthorn/contracts';
import { Ledger, type LedgerEntry } from '@posthorn/ledger';
import { Database } from '@posthorn/persistence';
import { BookShelf, type KnownService } from '../books/book.shelf.js';
import { SERVICE } from '../config.js';
import { RecurringRound } from '../rounds/recurring.round.js';
import { ERASURE_REQUESTED } from './erasure.notice.js';
import { placesOf } from './erasure.places.js';

const EVERY_MS = 5_000;
const AT_ONCE = 500;
const CERTIFIED = 'audit.erasure.certified';

interface OpenErasure {
  id: string;
  correlation: string;
  site: string;
  cause: string;
  events: Record<string, number>;
  people: number;
  told: string[];
}

interface Complete {
  erasure: OpenErasure;
  unable: string[];
  entry: LedgerEntry;
}

// Those that the books have been asked about since: before, a service may be there that nobody has heard of.
const OPEN = `
  SELECT id, correlation, site, cause, events, people, ARRAY(SELECT place FROM erasure_steps WHERE request = erasures.id ORDER BY place) AS told
    FROM erasures
   WHERE certified_at IS NULL AND id > $1 AND recorded_at < (SELECT as_of FROM book_services WHERE service = '${SERVICE}')
   ORDER BY id LIMIT ${AT_ONCE}`;
const CERTIFY = `
  UPDATE erasures SET certified_at = now(), outcome_id = done.outcome_id, unable = ARRAY(SELECT jsonb_array_elements_text(done.unable))
    FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[]) AS done (id, outcome_id, unable)
   WHERE erasures.id = done.id AND certified_at IS NULL
  RETURNING erasures.id`;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Says of an erasure that it is complete, once everybody has said so who has to. */
@Injectable()
export class ErasureCertifier implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new RecurringRound(() => this.certify(), { everyMs: EVERY_MS, logger: new Logger(ErasureCertifier.name), complaint: 'Erasures could not be certified; it will be tried again' });

  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly shelf: BookShelf,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  /** Certifies what is complete now. */
  async certify(): Promise<void> {
    let services: KnownService[] | undefined;
    for (let after = NO_ID; ; ) {
      const open = await this.database.query<OpenErasure>(OPEN, [after]);
      const last = open.at(-1);
      if (last === undefined) return;
      const known = (services ??= await this.shelf.services());
      await this.say(open.flatMap((erasure) => completeOf(erasure, known)));
      after = last.id;
    }
  }

  /** Each finding and its outcome in one transaction, so that it is said once, whichever replicas find it. */
  private async say(complete: readonly Complete[]): Promise<void> {
    if (complete.length === 0) return;
    await this.database.transaction(async (tx) => {
      const params = [complete.map(({ erasure }) => erasure.id), complete.map(({ entry }) => entry.envelope.id), complete.map(({ unable }) => JSON.stringify(unable))];
      const certified = new Set((await tx.query<{ id: string }>(CERTIFY, params)).map(({ id }) => id));
      await this.ledger.append(tx, complete.flatMap(({ erasure, entry }) => (certified.has(erasure.id) ? [entry] : [])));
    });
  }
}

function completeOf(erasure: OpenErasure, services: readonly KnownService[]): Complete[] {
  const { id, site, correlation, cause, events, people, told } = erasure;
  const { awaited, unable } = placesOf({ id, types: Object.keys(events) }, services);
  if (!awaited.every((place) => told.includes(place))) return [];
  const facts = { cause, events: Object.values(events).reduce((sum, count) => sum + count, 0), people, places: [SERVICE, ...told].join(', ') };
  const envelope = createOutcome({
    site,
    type: CERTIFIED,
    correlationid: correlation,
    data: { service: SERVICE, connection: 'log', state: 'erased', event: { id, type: ERASURE_REQUESTED }, facts },
  });
  return [{ erasure, unable, entry: { envelope, subject: outcomeSubject(SERVICE, CERTIFIED) } }];
}
