import { median, type Result } from './figure.js';
import type { Measuring } from './benchmark.js';
import { until } from './rounds.js';
import { leadEvents } from './samples.js';
import { measureThroughput, type Side } from './throughput.js';

const PATIENCE_MS = 120_000;

/** How many events per second the audit log takes. */
export async function measureAudit(measuring: Measuring): Promise<Result> {
  const { rig } = measuring;
  await rig.run(['audit']);
  const worker = rig.bare('bare.worker');
  const entries = async (): Promise<number> => {
    const [row] = await rig.query<{ position: string }>('SELECT coalesce(max(position), 0) AS position FROM audit.entries');
    return Number(row?.position);
  };
  let recorded = await entries();
  const ours: Side = {
    subject: 'events.acme.lead.submitted',
    finish: async (count) => {
      await until(async () => (await entries()) >= recorded + count, 'not every event is in the log', PATIENCE_MS);
      recorded += count;
    },
  };
  let done = await worker.ask<number>('done');
  const bare: Side = {
    subject: 'bare.acme.lead.submitted',
    finish: async (count) => {
      await until(async () => (await worker.ask<number>('done')) >= done + count, 'the bare worker is not done', PATIENCE_MS);
      done += count;
    },
  };
  const turns = await measureThroughput(measuring, { ours, bare }, leadEvents);
  return {
    name: 'audit',
    title: 'Appending to the audit log',
    ours: 'NATS → audit: checked, personal data set apart, positions without gaps, ten indexes, ack',
    bare: 'fetch, one INSERT per batch of the same bytes into a table with a primary key, ack',
    figures: [{ what: 'entries appended', unit: '/s', better: 'higher', ours: median(turns.ours), bare: median(turns.bare) }],
  };
}
