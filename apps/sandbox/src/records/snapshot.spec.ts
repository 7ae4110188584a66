import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { expect, it } from 'vitest';
import { startSandbox, TOKEN } from '../sandbox.test-kit.js';
import { SubmissionMemory } from '../website/submission.memory.js';
import { SnapshotFile } from './snapshot.file.js';

it('remembers contacts, unique values, mails and calendars over a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-sandbox-'));
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ inputs: [{ id: 'ada@example.org', idProperty: 'email', properties: { firstname: 'Ada' } }] });
  try {
    const first = await startSandbox({ dataDir });
    await fetch(`${first.url}/hubspot/crm/v3/objects/contacts/batch/upsert`, { method: 'POST', headers, body });
    await createTransport({ host: '127.0.0.1', port: first.smtpPort }).sendMail({ from: 'a@acme.example', to: 'b@acme.example', subject: 'Kept' });
    await first.stop();

    const second = await startSandbox({ dataDir });
    const again = await fetch(`${second.url}/hubspot/crm/v3/objects/contacts/batch/upsert`, { method: 'POST', headers, body });
    expect(await again.json()).toMatchObject({ results: [{ new: false }] });
    const mail = await (await fetch(`${second.url}/sandbox/records/mail`)).json();
    expect(mail).toMatchObject({ messages: [{ subject: 'Kept' }] });
    await second.stop();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

it('remembers what the website sent, so that its visits can still be moved', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-sandbox-'));
  const open = async (): Promise<{ file: SnapshotFile; memory: SubmissionMemory }> => {
    const file = new SnapshotFile(dataDir);
    const memory = new SubmissionMemory(file);
    await file.load();
    return { file, memory };
  };
  try {
    const { file, memory } = await open();
    const sent = ['first', 'second'].map((id) => ({ id, acceptedAt: '2026-11-22T10:00:00Z', submission: { type: 'lead.submitted', data: { person: { email: 'ada@example.org' } } } as const }));
    for (const event of sent) memory.remember(event);
    await file.flush();
    expect((await open()).memory.latest(5)).toEqual(sent.reverse());
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

it('writes nothing over a snapshot it has not read yet, or cannot read', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-sandbox-'));
  const path = join(dataDir, 'sandbox.json');
  const changeAndFlush = async (file: SnapshotFile, work: () => Promise<void> = () => Promise.resolve()): Promise<string> => {
    let content: unknown = 'empty';
    file.register('part', { save: () => content, load: (value) => (content = value) });
    await work().catch(() => undefined);
    file.touch();
    await file.flush();
    return readFile(path, 'utf8');
  };
  try {
    for (const kept of ['{"part":"kept"}', '{"part":"ke']) {
      await writeFile(path, kept);
      expect(await changeAndFlush(new SnapshotFile(dataDir))).toBe(kept);
    }
    const broken = new SnapshotFile(dataDir);
    expect(await changeAndFlush(broken, () => broken.load())).toBe('{"part":"ke');
    await rm(path);
    const fresh = new SnapshotFile(dataDir);
    expect(await changeAndFlush(fresh, () => fresh.load())).toBe('{"part":"empty"}');
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
