import { Injectable, Logger } from '@nestjs/common';
import type { ErasureCause } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';
import { digestsOfPerson, eraseEntries, eventsOfPerson, PeopleCatchUp } from '@posthorn/ledger';
import { Database, type Transaction } from '@posthorn/persistence';
import { QuarantineDiscards } from '../quarantine/quarantine.discards.js';
import { retentionLockName, type RetentionStep } from '../retention/retention.marks.js';
import { ErasureRequests } from './erasure.requests.js';

export interface Erasure {
  /** Of the first request, and the correlation id of all. */
  id: string;
  requests: string[];
  events: number;
}

export interface ErasureOrder {
  site: string;
  address: string;
  cause: Exclude<ErasureCause, 'retention'>;
  /** The event that led to it. */
  causationid?: string;
}

/** A few seconds: who waits for an answer does not wait for more. It is enough for what a busy ingress has accepted just now. */
const CATCH_UP_STEPS = 500;
const CATCH_UP_RETRY_SECONDS = 60;

/** Erases a person from the ledger of a site: from the commit on, nothing of theirs is in it. */
@Injectable()
export class ErasureService {
  private readonly logger = new Logger(ErasureService.name);

  constructor(
    private readonly database: Database,
    private readonly people: PeopleCatchUp,
    private readonly requests: ErasureRequests,
    private readonly quarantine: QuarantineDiscards,
  ) {}

  /** To repeat it does no harm: what is erased is found no more. An event that is accepted meanwhile stays. */
  async erase({ site, address, cause, causationid }: ErasureOrder): Promise<Erasure> {
    if (!(await this.people.run(CATCH_UP_STEPS))) throw notCaughtUp();
    const { requests, events } = await this.database.transaction(async (tx) => {
      // First what is set aside: what is let in meanwhile is in the ledger when that is looked through.
      await this.quarantine.forget(tx, site, await digestsOfPerson(tx, site, address));
      const erased = await eraseEntries(tx, await eventsOfPerson(tx, site, address));
      return { requests: await this.requests.append(tx, { site, cause, erased, causationid }), events: erased.length };
    });
    const [id = ''] = requests;
    this.logger.log({ site, cause, erasure: id, events }, 'A person was erased from the ledger');
    return { id, requests, events };
  }

  /** Goes a step further with what was kept for long enough; undefined while another replica is at it. */
  eraseKept(site: string, next: (tx: Transaction) => Promise<RetentionStep>): Promise<{ erased: number; more: boolean } | undefined> {
    return this.database.transaction(async (tx) => {
      const [lock] = await tx.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken', [retentionLockName(site)]);
      if (lock?.taken !== true) return undefined;
      const { due, more } = await next(tx);
      const erased = await eraseEntries(tx, due);
      if (erased.length > 0) await this.requests.append(tx, { site, cause: 'retention', erased });
      return { erased: erased.length, more };
    });
  }
}

function notCaughtUp(): Problem {
  return new Problem({
    status: 503,
    code: 'people-not-indexed',
    title: 'Nobody can be erased yet',
    detail: 'Whom earlier events are about is still being noted after an upgrade. Send the same request again shortly.',
    retryAfterSeconds: CATCH_UP_RETRY_SECONDS,
  });
}
