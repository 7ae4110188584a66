import { createEvent, EXAMPLES, MASK } from '@posthorn/contracts';
import { Metrics } from '@posthorn/observability';
import { shutDown } from '@posthorn/http';
import { createFaultProxy, waitFor } from '@posthorn/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditSection } from '../config.js';
import { SignedLog } from '../log/log.test-kit.js';
import { entryOfEvent } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, startAudit } from '../testing/audit.test-kit.js';
import { HttpSiem } from './http.receiver.test-kit.js';
import { type StreamSettings, streamSettings } from './stream.settings.js';
import { CERTIFICATE, SyslogServer } from './syslog.test-kit.js';

let audit: AuditFixture;
let log: SignedLog;
let size = 0;
let streaming: NestFastifyApplication[] = [];
let streams = 0;

beforeAll(async () => {
  audit = await startAudit();
  log = new SignedLog(audit);
  await grow(700);
});
afterAll(async () => {
  await audit.stop();
});
beforeEach(() => {
  streaming = [];
  streams += 1;
});
afterEach(async () => {
  await Promise.all(streaming.map((app) => shutDown(app)));
});

async function grow(count: number): Promise<void> {
  await log.grow(count);
  size += count;
}

async function growOf(site: string): Promise<void> {
  await audit.app.get(EntryWriter).append([entryOfEvent(createEvent({ site, type: 'lead.submitted', data: EXAMPLES['lead.submitted'] }))]);
  size += 1;
}

const settingsFor = (over: Partial<Record<keyof StreamSettings, unknown>>): AuditSection['streams'] => [streamSettings.parse({ id: `siem-${streams}`, everyMs: 100, guard: { openMs: 100, maxOpenMs: 400, deadlineMs: 3_000, parkedProbeMs: 100, maxParkedProbeMs: 200 }, ...over })];

/** A replica of audit that streams; it ends with the test. */
async function stream(over: Partial<Record<keyof StreamSettings, unknown>>): Promise<NestFastifyApplication> {
  const app = await audit.replica({ streams: settingsFor(over) });
  streaming.push(app);
  return app;
}
/** What a replica says of itself, but for what it says of an ingress, which there is none of here. */
async function readinessOf(app: NestFastifyApplication): Promise<{ ready: boolean; remarks: { name: string; reason: string }[] }> {
  const { ready, remarks = [] } = (await (await fetch(`${await app.getUrl()}/ready`)).json()) as { ready: boolean; remarks?: { name: string; reason: string }[] };
  return { ready, remarks: remarks.filter(({ name }) => name !== 'keys') };
}
async function stop(app: NestFastifyApplication): Promise<void> {
  streaming = streaming.filter((one) => one !== app);
  await shutDown(app);
}
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
/** Without repetitions, each where it came first. */
const once = (positions: readonly number[]): number[] => [...new Set(positions)];
const kept = async (): Promise<number> => Number((await audit.superuser.query<{ position: string }>('SELECT position FROM log_streams WHERE stream = $1', [`siem-${streams}`]))[0]?.position ?? 0);
const all = (receiver: { positions: number[] }): Promise<unknown> => waitFor(async () => once(receiver.positions).length >= size && (await kept()) >= size, { timeoutMs: 20_000, describe: () => `${size} entries at the receiver, which has ${once(receiver.positions).length}` });

describe('a stream over HTTP', () => {
  let siem: HttpSiem;
  beforeEach(async () => {
    siem = await new HttpSiem().start();
  });
  afterEach(async () => {
    await siem.kill();
  });

  it('brings every entry in order, masked, and then what is new', async () => {
    await stream({ to: siem.url, token: 'secret' });
    await all(siem);
    await grow(3);
    await all(siem);
    expect(siem.positions).toEqual(upTo(size));
    expect(siem.headers[0]).toMatchObject({ 'content-type': 'application/x-ndjson', authorization: 'Bearer secret', 'posthorn-stream': `siem-${streams}` });
    expect(siem.acknowledged[0]?.[0]).toMatchObject({ kind: 'event', site: 'acme', type: 'lead.submitted', personalData: 'masked' });
    expect(JSON.stringify(siem.acknowledged)).toContain(MASK);
    expect(JSON.stringify(siem.acknowledged)).not.toContain(EXAMPLES['lead.submitted'].person.email);
  });

  it('brings personal values only where it is told to, and only the sites and kinds it is for', async () => {
    await growOf('shop');
    await stream({ to: siem.url, personalData: true, sites: ['shop'], kinds: ['event'] });
    await waitFor(async () => (await kept()) === size, { describe: 'the end of the log' });
    expect(siem.acknowledged.flat()).toHaveLength(1);
    expect(siem.acknowledged[0]?.[0]).toMatchObject({ position: size, site: 'shop', data: { person: { email: EXAMPLES['lead.submitted'].person.email } } });
  });

  it('misses nothing when the receiver is killed, and says how it stands meanwhile', async () => {
    const app = await stream({ to: siem.url });
    await waitFor(() => siem.positions.length > 0, { describe: 'a batch' });
    await siem.kill();
    await grow(600);
    const remarks = await waitFor(async () => {
      const report = await readinessOf(app);
      return report.remarks.length === 0 ? undefined : report.remarks;
    }, { describe: 'a remark' });
    expect(remarks).toEqual([{ name: `stream siem-${streams}`, reason: expect.stringContaining('The receiver') as string }]);
    expect((await readinessOf(app)).ready).toBe(true);
    const text = await app.get(Metrics).registry.metrics();
    expect(text).toMatch(new RegExp(`^posthorn_audit_stream_failures_total\\{stream="siem-${streams}"\\} [1-9]`, 'm'));
    expect(text).toMatch(new RegExp(`^posthorn_audit_stream_behind_entries\\{stream="siem-${streams}"\\} ${size - (await kept())}$`, 'm'));
    await siem.start();
    await all(siem);
    expect(once(siem.positions)).toEqual(upTo(size));
    expect((await readinessOf(app)).remarks).toEqual([]);
  });

  it('sends again what was not acknowledged, whatever the answer was', async () => {
    const answers = [undefined, 503, 401, 400, 302];
    const seen: number[][] = [];
    siem.answer = (batch) => {
      seen.push(batch.map(({ position }) => position));
      return answers.length > 0 ? answers.shift() : 200;
    };
    await stream({ to: siem.url });
    await all(siem);
    expect(siem.positions).toEqual(upTo(size));
    expect(seen.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => upTo(256)));
  });

  it('goes on where it was after a restart', async () => {
    const app = await stream({ to: siem.url });
    await all(siem);
    await stop(app);
    siem.acknowledged.length = 0;
    await grow(2);
    await stream({ to: siem.url });
    await waitFor(() => siem.positions.length === 2, { describe: 'the new entries' });
    expect(siem.positions).toEqual([size - 1, size]);
  });

  it('is brought by one replica at a time; another takes over when that one is gone', async () => {
    const [one] = await Promise.all([stream({ to: siem.url }), stream({ to: siem.url })]);
    await all(siem);
    expect(siem.positions).toEqual(upTo(size));
    await stop(one);
    await grow(5);
    await all(siem);
    expect(siem.positions).toEqual(upTo(size));
  });
});

describe('a stream whose replica died', () => {
  it('is taken over when the lease is over, and not before', async () => {
    const siem = await new HttpSiem().start();
    const [lease] = await audit.superuser.query<{ until: Date }>("INSERT INTO log_streams (stream, leased_by, leased_until) VALUES ($1, gen_random_uuid(), clock_timestamp() + interval '1500 ms') RETURNING leased_until AS until", [`siem-${streams}`]);
    let first: Date | undefined;
    siem.answer = () => {
      first ??= new Date();
      return 200;
    };
    await stream({ to: siem.url });
    await all(siem);
    expect(first?.getTime()).toBeGreaterThanOrEqual(lease?.until.getTime() ?? Infinity);
    expect(siem.positions).toEqual(upTo(size));
    await siem.kill();
  });
});

describe('a stream as syslog over TLS', () => {
  let siem: SyslogServer;
  beforeEach(async () => {
    siem = await new SyslogServer().start();
  });
  afterEach(async () => {
    await siem.kill();
  });
  const to = (port: number): string => `syslog+tls://127.0.0.1:${port}`;

  it('brings messages of RFC 5424 in order, each behind its length', async () => {
    await stream({ to: to(siem.port), ca: CERTIFICATE });
    await all(siem);
    expect(siem.positions).toEqual(upTo(size));
    expect(siem.messages[0]).toMatch(/^<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z acme\.example\/audit posthorn-audit - event - \{"position":1,/);
    expect(siem.messages.join('')).toMatch(/^[\x20-\x7e]*$/);
    expect(siem.messages.join('')).not.toContain(EXAMPLES['lead.submitted'].person.email);
  });

  it('misses nothing when the connection is cut in the middle, again and again', async () => {
    const proxy = await createFaultProxy({ target: { port: siem.port } });
    await stream({ to: to(proxy.port), ca: CERTIFICATE });
    for (const more of [1, 2, 3]) {
      await grow(300);
      await waitFor(() => siem.messages.length > more * 50 && proxy.connections > 0, { everyMs: 1, describe: 'a connection' });
      proxy.cut();
      proxy.restore();
    }
    await all(siem);
    expect(once(siem.positions)).toEqual(upTo(size));
    await proxy.close();
  });

  it('misses nothing of what a receiver took and had not read when it was killed', async () => {
    siem.deaf = true;
    const app = await stream({ to: to(siem.port), ca: CERTIFICATE });
    await waitFor(async () => /failures_total\{[^}]*\} [1-9]/.test(await app.get(Metrics).registry.metrics()), { describe: 'a failure' });
    expect([siem.messages.length, await kept()]).toEqual([0, 0]);
    await siem.kill();
    siem.deaf = false;
    await siem.start();
    await all(siem);
    expect(once(siem.positions)).toEqual(upTo(size));
  });

  it('takes no word from a receiver that closes of its own accord', async () => {
    siem.closeAfter = 0;
    await growOf('club');
    const app = await stream({ to: to(siem.port), ca: CERTIFICATE, sites: ['club'] });
    await waitFor(async () => /failures_total\{[^}]*\} [1-9]/.test(await app.get(Metrics).registry.metrics()), { describe: 'a failure' });
    expect(await kept()).toBe(0);
    siem.closeAfter = Infinity;
    await waitFor(async () => (await kept()) === size, { describe: 'the end of the log' });
    expect(siem.positions).toEqual([size]);
  });

  it('goes to nobody whose certificate is not from whom it trusts', async () => {
    const app = await stream({ to: to(siem.port) });
    const reason = await waitFor(async () => (await readinessOf(app)).remarks[0]?.reason, { describe: 'a remark' });
    expect(reason).toBe('The receiver cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(siem.messages).toEqual([]);
  });
});
