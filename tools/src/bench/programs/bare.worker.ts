import { Agent, request } from 'node:http';
import { AckPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Pool } from 'pg';
import { answerParent, setting } from './parent.js';

// What it costs to take events from a stream: one INSERT per batch of whatever has arrived, then the provider is called
// for each, then it is acknowledged. No states, no guard, no order, no outcome: what fails is lost.
const STREAM = 'BARE';
const DURABLE = 'bare-worker';
const MAX_BATCH = 500;
const INSERT = `
  INSERT INTO bare_inbox (id, site, type, envelope, received_at)
  SELECT id, 'acme', 'lead.submitted', envelope, now() FROM unnest($1::uuid[], $2::text[]) AS new (id, envelope)
  ON CONFLICT DO NOTHING`;

const callsAtOnce = Number(setting('CALLS_AT_ONCE'));
const provider = process.env['PROVIDER_URL'];
const agent = new Agent({ keepAlive: true, maxSockets: callsAtOnce });
const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: 4 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS bare_inbox (
    id uuid PRIMARY KEY, site text NOT NULL, type text NOT NULL, envelope text NOT NULL, received_at timestamptz NOT NULL)`);
const nats = await connect({ servers: setting('NATS_URL'), user: setting('NATS_USER'), pass: setting('NATS_PASSWORD') });
const manager = await jetstreamManager(nats);
await manager.consumers.add(STREAM, { durable_name: DURABLE, ack_policy: AckPolicy.Explicit, max_ack_pending: 5_000 });
const consumer = await jetstream(nats).consumers.get(STREAM, DURABLE);

interface Envelope {
  id: string;
  data: { person: { email: string } };
}

const arrived: JsMsg[] = [];
const toCall: { message: JsMsg; envelope: Envelope }[] = [];
let done = 0;
let calling = 0;
let inserting = false;

function begin(): void {
  if (inserting || arrived.length === 0) return;
  inserting = true;
  void take(arrived.splice(0, MAX_BATCH)).finally(() => {
    inserting = false;
    begin();
  });
}

async function take(batch: JsMsg[]): Promise<void> {
  const taken = batch.map((message) => ({ message, envelope: message.json<Envelope>() }));
  await pool.query(INSERT, [taken.map(({ envelope }) => envelope.id), batch.map((message) => message.string())]);
  if (provider !== undefined) {
    toCall.push(...taken);
    callMore(provider);
    return;
  }
  for (const message of batch) finish(message);
}

function callMore(url: string): void {
  while (calling < callsAtOnce) {
    const next = toCall.shift();
    if (next === undefined) return;
    calling += 1;
    void call(url, next.envelope).then(() => {
      calling -= 1;
      finish(next.message);
      callMore(url);
    });
  }
}

// The first request that the real adapter makes for such an event.
function call(url: string, { data }: Envelope): Promise<void> {
  const { email } = data.person;
  const body = JSON.stringify({ inputs: [{ idProperty: 'email', id: email, properties: data.person }] });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(`${url}/crm/objects/2026-03/contacts/batch/upsert`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', resolve);
    });
    outgoing.once('error', reject).end(body);
  });
}

function finish(message: JsMsg): void {
  message.ack();
  done += 1;
}

await consumer.consume({
  max_messages: 1_000,
  callback: (message) => {
    arrived.push(message);
    if (arrived.length === 1) setImmediate(begin);
  },
});
answerParent({ ready: () => true, done: () => done });
