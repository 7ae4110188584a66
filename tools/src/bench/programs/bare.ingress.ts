import { createHmac, timingSafeEqual } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import Fastify from 'fastify';
import { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { answerParent, setting } from './parent.js';

// What it costs to insert an event and to publish it, and nothing else: no schema, no key, no limits, no idempotency,
// no record of what was published. Fastify's own JSON parser; events that arrive together share one INSERT. Of a webhook
// the signature is verified, because without that anybody could send one.
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
async function accept(submission: Submission): Promise<{ id: string; acceptedAt: string }> {
  const id = uuidv7();
  const acceptedAt = new Date().toISOString();
  const envelope = envelopeOf(id, acceptedAt, submission);
  await new Promise<void>((resolve, reject) => {
    waiting.push({ id, envelope, resolve, reject });
    setImmediate(flush);
  });
  return { id, acceptedAt };
}

app.post('/v1/events', async (request, reply) => reply.code(202).send(await accept(request.body as Submission)));
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
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))));
app.post('/v1/forms', async (request, reply) => {
  const { name, email, phone, message } = request.body as Record<string, string>;
  await accept({ type: 'lead.submitted', data: { form: 'callback', message, person: { name, email, phone } } });
  return reply.redirect('/thanks', 303);
});

const shopSecret = process.env['SHOP_SECRET'] ?? '';
await app.register((signed, _options, done) => {
  signed.removeAllContentTypeParsers();
  signed.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
  signed.post('/v1/webhooks', async (request, reply) => {
    const body = request.body as Buffer;
    const expected = createHmac('sha256', shopSecret).update(body).digest();
    const given = Buffer.from(String(request.headers['x-wc-webhook-signature']), 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return reply.code(401).send();
    return reply.code(202).send(await accept({ type: 'order.paid', data: JSON.parse(body.toString()) as unknown }));
  });
  done();
});
const url = await app.listen({ port: 0, host: '127.0.0.1' });
answerParent({ url: () => url, unpublished: () => unpublished });
