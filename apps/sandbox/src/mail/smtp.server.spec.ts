import { createTransport } from 'nodemailer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setFault, startSandbox, type RunningSandbox } from '../sandbox.test-kit.js';
import type { ReceivedMail } from './mailbox.store.js';

let sandbox: RunningSandbox;
type Client = Pick<ReturnType<typeof createTransport>, 'sendMail' | 'close'>;

let transport: Client;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  await fetch(`${sandbox.url}/sandbox/faults`, { method: 'DELETE' });
  await fetch(`${sandbox.url}/sandbox/records/mail`, { method: 'DELETE' });
  transport = client({ port: sandbox.smtpPort });
});
afterEach(() => transport.close());

function client(options: { port: number; auth?: { user: string; pass: string }; requireTLS?: boolean }): Client {
  return createTransport({ host: '127.0.0.1', socketTimeout: 5000, greetingTimeout: 5000, tls: { rejectUnauthorized: false }, ...options });
}

const mail = {
  from: 'Acme <shop@acme.example>',
  to: 'ada@example.org',
  subject: 'Grüße aus dem Garten',
  text: 'Hello Ada',
  messageId: '<event-1@posthorn>',
};

async function received(): Promise<ReceivedMail[]> {
  const answer = await fetch(`${sandbox.url}/sandbox/records/mail`);
  return ((await answer.json()) as { messages: ReceivedMail[] }).messages;
}

it('takes a mail and keeps it as it came', async () => {
  const sent = (await transport.sendMail(mail)) as { response: string };
  expect(sent.response).toMatch(/^250 2\.0\.0 Ok: queued as/);
  expect(await received()).toMatchObject([
    {
      from: 'shop@acme.example',
      to: ['ada@example.org'],
      subject: 'Grüße aus dem Garten',
      messageId: '<event-1@posthorn>',
      raw: expect.stringContaining('Hello Ada') as string,
    },
  ]);
});

describe('with an account', () => {
  it('takes mail from it alone', async () => {
    const guarded = await startSandbox({ smtp: { port: 0, username: 'acme', password: 'right', starttls: false } });
    try {
      const right = client({ port: guarded.smtpPort, auth: { user: 'acme', pass: 'right' } });
      await expect(right.sendMail(mail)).resolves.toMatchObject({ accepted: ['ada@example.org'] });
      const wrong = client({ port: guarded.smtpPort, auth: { user: 'acme', pass: 'wrong' } });
      await expect(wrong.sendMail(mail)).rejects.toMatchObject({ responseCode: 535 });
      await expect(client({ port: guarded.smtpPort }).sendMail(mail)).rejects.toMatchObject({ responseCode: 530 });
    } finally {
      await guarded.stop();
    }
  });

  it('speaks STARTTLS when told to', async () => {
    const encrypted = await startSandbox({ smtp: { port: 0, starttls: true } });
    try {
      await expect(client({ port: encrypted.smtpPort, requireTLS: true }).sendMail(mail)).resolves.toBeDefined();
    } finally {
      await encrypted.stop();
    }
  });
});

describe('faults', () => {
  it.each([
    [{ kind: 'status', status: 451, calls: 1 }, 451],
    [{ kind: 'status', status: 550, stage: 'rcpt', calls: 1 }, 550],
    [{ kind: 'status', status: 535, stage: 'mail', calls: 1 }, 535],
    [{ kind: 'rate-limit', retryAfterSeconds: 2, calls: 1 }, 450],
  ])('%j: refuses with its code, then takes the next mail', async (fault, responseCode) => {
    await setFault(sandbox.url, 'smtp', fault);
    await expect(transport.sendMail(mail)).rejects.toMatchObject({ responseCode });
    expect(await received()).toEqual([]);
    await expect(transport.sendMail(mail)).resolves.toBeDefined();
  });

  it('cut: the connection ends after the final dot and the mail is lost', async () => {
    await setFault(sandbox.url, 'smtp', { kind: 'cut', calls: 1 });
    await expect(transport.sendMail(mail)).rejects.toMatchObject({ code: expect.any(String) as string });
    expect(await received()).toEqual([]);
  });

  it('cut-after: the connection ends after the final dot but the mail is there', async () => {
    await setFault(sandbox.url, 'smtp', { kind: 'cut-after', calls: 1 });
    await expect(transport.sendMail(mail)).rejects.toThrow();
    expect(await received()).toHaveLength(1);
  });

  it('duplicate: the same mail arrives twice', async () => {
    await setFault(sandbox.url, 'smtp', { kind: 'duplicate', calls: 1 });
    await transport.sendMail(mail);
    expect((await received()).map(({ messageId }) => messageId)).toEqual(['<event-1@posthorn>', '<event-1@posthorn>']);
  });

  it('garbage: after the final dot comes a line that is no reply, and no mail is kept', async () => {
    await setFault(sandbox.url, 'smtp', { kind: 'garbage', calls: 1 });
    const impatient = createTransport({ host: '127.0.0.1', port: sandbox.smtpPort, socketTimeout: 150 });
    await expect(impatient.sendMail(mail)).rejects.toThrow();
    expect(await received()).toEqual([]);
  });

  it('tells in brief which mails came since the last look', async () => {
    await transport.sendMail(mail);
    await transport.sendMail({ ...mail, messageId: '<event-2@posthorn>' });
    const answer = await fetch(`${sandbox.url}/sandbox/records/mail/list?after=1`);
    expect(await answer.json()).toEqual({ messages: [{ to: ['ada@example.org'], messageId: '<event-2@posthorn>', receivedAt: expect.any(String) as string }] });
  });

  it('hang: after the final dot comes no answer', async () => {
    await setFault(sandbox.url, 'smtp', { kind: 'hang', calls: 1 });
    const impatient = createTransport({ host: '127.0.0.1', port: sandbox.smtpPort, socketTimeout: 150 });
    await expect(impatient.sendMail(mail)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(await received()).toEqual([]);
  });

  it('down: every connection ends at once, open ones too, until it is cleared', async () => {
    const pool = createTransport({ host: '127.0.0.1', port: sandbox.smtpPort, pool: true });
    await pool.sendMail(mail);
    await setFault(sandbox.url, 'smtp', { kind: 'down' });
    await expect(pool.sendMail(mail)).rejects.toThrow();
    await fetch(`${sandbox.url}/sandbox/faults/smtp`, { method: 'DELETE' });
    await expect(pool.sendMail(mail)).resolves.toBeDefined();
    pool.close();
  });
});
