import { createEvent, EXAMPLES } from '@posthorn/contracts';
import { Metrics } from '@posthorn/observability';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { entryOfEvent, type NewEntry } from '../recording/entry.js';
import { EntryWriter } from '../recording/entry.writer.js';
import { type AuditFixture, AUDITOR } from '../testing/audit.test-kit.js';
import { CheckpointRounds } from './checkpoint.rounds.js';
import { LogIdentity } from './log.identity.js';
import { type Head, openNote } from './verifier.test-kit.js';

const leads = (count: number): NewEntry[] => Array.from({ length: count }, () => entryOfEvent(createEvent({ site: 'acme', type: 'lead.submitted', data: EXAMPLES['lead.submitted'] })));

/** A log that grows and is signed when a test says so, and what is seen of it over HTTP. */
export class SignedLog {
  constructor(
    readonly audit: AuditFixture,
    private readonly app: NestFastifyApplication = audit.app,
  ) {}

  get verifierKey(): string {
    return this.app.get(LogIdentity).verifierKeys[0] ?? '';
  }

  /** Answers the ids of the new entries. */
  async grow(count: number): Promise<string[]> {
    const entries = leads(count);
    await this.app.get(EntryWriter).append(entries);
    return entries.map(({ envelope }) => envelope.id);
  }

  /** As a round of the service does. */
  sign(): Promise<void> {
    return this.app.get(CheckpointRounds).hold();
  }

  async growAndSign(count: number): Promise<Head> {
    await this.grow(count);
    await this.letTimePass();
    await this.sign();
    return this.head();
  }

  /** As if the last checkpoint were an hour old: the next one is due. */
  async letTimePass(): Promise<void> {
    await this.audit.superuser.query("UPDATE checkpoints SET signed_at = signed_at - interval '1 hour'");
  }

  async note(): Promise<string> {
    return (await this.bytes('/checkpoint')).toString();
  }

  /** The newest checkpoint, whose signature holds. */
  async head(verifierKey = this.verifierKey): Promise<Head> {
    return openNote(await this.note(), verifierKey);
  }

  async bytes(path: string, key?: string): Promise<Buffer> {
    const answer = await this.fetch(path, key);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  }

  url(): Promise<string> {
    return this.app.getUrl();
  }

  async fetch(path: string, key?: string): Promise<Response> {
    return fetch((await this.url()) + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });
  }

  async json<B>(path: string, key: string = AUDITOR): Promise<B> {
    return (await (await this.fetch(path, key)).json()) as B;
  }

  async metric(name: string): Promise<number> {
    const text = await this.app.get(Metrics).registry.metrics();
    return Number(new RegExp(`^posthorn_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
  }
}
