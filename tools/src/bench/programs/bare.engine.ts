import { randomUUID } from 'node:crypto';
import { DeliveryStore } from '@posthorn/delivery';
import { Database } from '@posthorn/persistence';
import { ENGINE_SCHEMA } from '../../engine/engine.schema.js';
import { answerParent, now, setting } from './parent.js';

// The engine's own claim and settlement in a plain loop, with an outbox row for each: what Postgres takes. No guard, no
// handler, no outcome that is checked, nobody else's connection, and a settlement always before the next claim.
const limit = Number(setting('CALLS_AT_ONCE'));
const database = new Database({ url: setting('ENGINE_URL'), schema: ENGINE_SCHEMA, service: 'bare' });
await database.ready();
const store = new DeliveryStore(database);
const OUTCOME = `
  WITH entries AS (
    INSERT INTO ledger (id, site, type, subject, envelope, accepted_at)
    SELECT id, 'acme', 'crm.contact.synced', 'outcomes.bare', envelope, now() FROM unnest($1::uuid[], $2::text[]) AS e (id, envelope)
    RETURNING id)
  INSERT INTO unrelayed SELECT id FROM entries`;
const envelope = JSON.stringify({ specversion: '1.0', type: 'crm.contact.synced', data: { about: 'x'.repeat(400) } });

async function drain(connection: string): Promise<number> {
  const began = now();
  for (;;) {
    const claimed = await store.claim(connection, limit, 10_000);
    if (claimed.length === 0) return now() - began;
    await database.transaction(async (tx) => {
      const result = { externalId: 'external', outcome: 'crm.contact.synced', facts: { created: true } };
      await store.settle(tx, claimed.map((delivery) => ({ delivery, decision: { transition: 'deliver', state: 'delivered', counts: true, result } })));
      await tx.query(OUTCOME, [claimed.map(() => randomUUID()), claimed.map(() => envelope)]);
    });
  }
}

answerParent({ ready: () => true, drain: ({ connection }: { connection: string }) => drain(connection) });
