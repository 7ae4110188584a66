import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import Fastify from 'fastify';
import { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { answerParent, setting } from './parent.js';

// What it costs to insert an event and to publish it, and nothing else: no schema, no key, no limits, no idempotency,
// no record of what was published. Fastify's own JSON parser; events that arrive together share one INSERT.
interface Waiting {
  id: string;
  envelope: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Submission {
  type: string;
  data: unknown;
}

const SUBJECT = 'bare.acme.lead.submitted';
const MAX_BATCH = 500;
const CONCURRENT_BATCHES = 2;
const INSERT = `
  INSERT INTO bare_ledger (id, site, type, subject, envelope, accepted_at)
  SELECT id, 'acme', 'lead.submitted', '${SUBJECT}', envelope, now()
  FROM unnest($1::uuid[], $2::text[]) AS new (id, envelope)`;

const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: 4 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS bare_ledger (
    id uuid PRIMARY KEY, site text NOT NULL, type text NOT NULL, subject text NOT NULL,
    envelope text NOT NULL, idempotency_key text, body_hash bytea, accepted_at timestamptz NOT NULL)`);
const nats = await connect({ servers: setting('NATS_URL'), user: setting('NATS_USER'), pass: setting('NATS_PASSWORD') });
const stream = jetstream(nats);

const waiting: Waiting[] = [];
let running = 0;
let unpublished = 0;

function flush(): void {
  if (running >= CONCURRENT_BATCHES || waiting.length === 0) return;
  running += 1;
  void store(waiting.splice(0, MAX_BATCH)).finally(() => {
    running -= 1;
    flush();
  });
}

async function store(batch: Waiting[]): Promise<void> {
  try {
    await pool.query(INSERT, [batch.map(({ id }) => id), batch.map(({ envelope }) => envelope)]);
    for (const { id, envelope, resolve } of batch) {
      resolve();
      publish(id, envelope);
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

function publish(id: string, envelope: string): void {
  unpublished += 1;
  const published = (): unknown => (unpublished -= 1);
  stream.publish(SUBJECT, envelope, { msgID: id }).then(published, (error: unknown) => {
    published();
    process.stderr.write(`bare ingress: ${String(error)}\n`);
  });
}

function envelopeOf(id: string, time: string, { type, data }: Submission): string {
  return JSON.stringify({
    specversion: '1.0', id, source: '/sites/acme', type, time, datacontenttype: 'application/json',
    dataschema: `https://posthorn.dev/schemas/${type}/1`, site: 'acme', correlationid: id, data,
  });
}

const app = Fastify({ bodyLimit: 5 * 1024 * 1024 });
app.post('/v1/events', async (request, reply) => {
  const id = uuidv7();
  const acceptedAt = new Date().toISOString();
  const envelope = envelopeOf(id, acceptedAt, request.body as Submission);
  await new Promise<void>((resolve, reject) => {
    waiting.push({ id, envelope, resolve, reject });
    setImmediate(flush);
  });
  return reply.code(202).send({ id, acceptedAt });
});
app.post('/v1/batches', async (request, reply) => {
  const acceptedAt = new Date().toISOString();
  const events = (request.body as Submission[]).map((submission) => {
    const id = uuidv7();
    return { id, envelope: envelopeOf(id, acceptedAt, submission) };
  });
  await pool.query(INSERT, [events.map(({ id }) => id), events.map(({ envelope }) => envelope)]);
  for (const { id, envelope } of events) publish(id, envelope);
  return reply.code(202).send(events.map(({ id }) => ({ id, acceptedAt })));
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
answerParent({ url: () => url, unpublished: () => unpublished });
