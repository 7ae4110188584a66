import { median, type Result } from './figure.js';
import type { Measuring } from './benchmark.js';
import { CALLS_AT_ONCE } from './rig.js';
import { until } from './rounds.js';
import { customerEvents } from './samples.js';
import { measureThroughput, type Side } from './throughput.js';

const PATIENCE_MS = 120_000;

/** How many events per second one service takes in and delivers, when its provider is no hindrance. */
export async function measureDispatch(measuring: Measuring): Promise<Result> {
  const { rig } = measuring;
  await rig.run(['crm-sync']);
  await rig.tap.ask('target');
  const worker = rig.bare('bare.worker', { PROVIDER_URL: `${rig.tapUrl}/hubspot` });
  await worker.ask('ready');
  const ours: Side = {
    subject: 'events.acme.customer.updated',
    finish: async (count) => {
      await until(async () => (await rig.tap.ask<number>('count')) >= count, 'not every event has reached the provider', PATIENCE_MS);
      await rig.tap.ask('take');
      await until(async () => (await rig.query(OPEN)).length === 0, 'not every delivery has been settled', PATIENCE_MS);
    },
  };
  let before = 0;
  const bare: Side = {
    subject: 'bare.acme.customer.updated',
    finish: async (count) => {
      await until(async () => (await worker.ask<number>('done')) >= before + count, 'the bare worker is not done', PATIENCE_MS);
      before += count;
      await rig.tap.ask('take');
    },
  };
  const turns = await measureThroughput(measuring, { ours, bare }, customerEvents);
  return {
    name: 'dispatch',
    title: `Intake and dispatch of one service, ${CALLS_AT_ONCE} calls at a time`,
    ours: 'crm-sync: inbox and deliveries, claim, guard, call, settlement and outcome, each committed',
    bare: 'fetch, one INSERT per batch, the same call, ack; no states, no order, no outcome',
    figures: [{ what: 'events delivered', unit: '/s', better: 'higher', ours: median(turns.ours), bare: median(turns.bare) }],
  };
}

const OPEN = "SELECT FROM crm.deliveries WHERE state IN ('pending', 'retrying', 'unknown', 'attempting') LIMIT 1";
