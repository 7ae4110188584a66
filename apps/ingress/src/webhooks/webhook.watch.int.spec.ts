import { useDatabase, useNats, waitFor } from '@posthorn/testing';
import { Logger } from '@nestjs/common';
import { Metrics, HealthRegistry } from '@posthorn/observability';
import { Database } from '@posthorn/persistence';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { provisionIngress, startIngress, type TestIngress } from '../ingress.test-kit.js';
import { WebhookSources } from './webhook.sources.js';
import { WebhookWatch } from './webhook.watch.js';

const HOUR_MS = 3_600_000;

describe('a source of webhooks that goes quiet', () => {
  let ingress: TestIngress;
  let now = Date.now();

  beforeAll(async () => {
    const [{ adminUrl, urlFor }, { servers }] = await Promise.all([useDatabase(), useNats()]);
    await provisionIngress(adminUrl, servers);
    ingress = await startIngress({ databaseUrl: urlFor('ingress'), servers, webhooks: { shop: { preset: 'woocommerce', secrets: ['a shop secret of the tests'], quietAfterHours: 24 } } });
    await waitFor(async () => (await ingress.get('/ready')).ok, { describe: 'ingress to be ready' });
  });
  afterAll(() => ingress.stop());

  /** One more replica, with a clock that the test turns. */
  const replica = () => {
    const sources = ingress.app.get(WebhookSources);
    const [metrics, health] = [new Metrics(), new HealthRegistry()];
    const watch = new WebhookWatch(sources, ingress.app.get(Database, { strict: false }), metrics, health, () => now);
    return { watch, source: sources.all[0]!, metrics: () => metrics.registry.metrics(), remarks: async () => (await health.report()).remarks };
  };

  it('is said once in the log, in the metrics and in the health report, until it is heard again', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { watch, source, metrics, remarks } = replica();
    watch.note(source, 'accepted');
    await watch.look();
    expect(await remarks()).toBeUndefined();
    now += 25 * HOUR_MS;
    await watch.look();
    await watch.look();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(await metrics()).toMatch(/posthorn_ingress_webhook_quiet\{source="acme.shop"\} 1/);
    const [remark] = (await remarks())!;
    expect(remark).toMatchObject({ name: 'webhooks acme.shop' });
    expect(remark!.reason).toMatch(/nothing has come for 25 hours/);
    watch.note(source, 'unauthentic');
    expect(await remarks()).toHaveLength(1);
    watch.note(source, 'passed-over');
    expect(await remarks()).toBeUndefined();
    warn.mockRestore();
  });

  it('is known to a replica that has just started, and to one whose neighbour hears it', async () => {
    const [first, second] = [replica(), replica()];
    now += HOUR_MS;
    first.watch.note(first.source, 'accepted');
    await first.watch.look();
    now += 25 * HOUR_MS;
    await second.watch.look();
    expect(await second.remarks()).toHaveLength(1);
    first.watch.note(first.source, 'accepted');
    await first.watch.look();
    await second.watch.look();
    expect(await second.remarks()).toBeUndefined();
  });
});
