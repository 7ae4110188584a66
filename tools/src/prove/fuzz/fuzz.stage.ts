import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentOf } from '@posthorn/testing';
import { parseDocument } from 'yaml';
import { anyPorts } from '../../start/port.plan.js';
import { type Stack, startStack } from '../../start/stack.js';
import { EXAMPLE_CONFIG } from '../../workspace.js';
import type { FuzzedService } from './fuzz.case.js';
import { MARK } from './schema.sampler.js';

const SPEAKING = ['ingress', 'audit', 'console'] as const;
/** What is tried is what lies behind the limits, by one address. */
const LIMITLESS = { perSecond: 100_000, burst: 1_000_000 };
const RESIDENT = /^\w*process_resident_memory_bytes\S* (\S+)$/m;

/** The whole system in a folder of its own, as `npm start` runs it. */
export class FuzzStage {
  private readonly home = mkdtempSync(join(tmpdir(), 'posthorn-fuzz-'));
  private stack: Stack | undefined;
  readonly deaths: string[] = [];
  readonly services: FuzzedService[] = [];
  /** A site's, an auditor's, an operator's; then those that may less; then what is none. */
  readonly keys: string[] = [];

  async start(signal: AbortSignal): Promise<void> {
    this.stack = await startStack({ home: this.home, configFile: this.configuration(), ports: await anyPorts(), signal, env: { ...process.env, POSTGRES_URL: '', NATS_URL: '', LOG_LEVEL: 'warn' }, onDeath: ({ name }) => void this.deaths.push(name) });
    const { site, auditor, operator } = this.stack.keys;
    const lesser = [
      { id: 'fuzz-pages', kind: 'browser', site: 'acme', types: ['lead.submitted'], origins: ['https://www.acme.example'] },
      { id: 'fuzz-writer', kind: 'secret', site: 'acme', scopes: ['events:write'] },
      { id: 'fuzz-clerk', kind: 'auditor', sites: ['elsewhere'] },
    ];
    this.keys.push(site, auditor, operator, ...(await Promise.all(lesser.map((key) => this.makeKey(key, operator)))), 'ph_secret_nobody', 'nobody-knows-this-key');
    for (const name of SPEAKING) this.services.push({ name, document: await documentOf(this.urlOf(name)) });
  }

  async stop(): Promise<void> {
    await this.stack?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  urlOf(name: string): string {
    return this.stack?.urls[name] ?? '';
  }

  /** What is not as it should be with the services themselves. */
  async unwell(): Promise<string[]> {
    const complaints = this.deaths.map((name) => `${name} has died`);
    for (const name of SPEAKING) {
      const answer = await fetch(`${this.urlOf(name)}/ready`);
      if (answer.status !== 200) complaints.push(`${name} is not ready: ${await answer.text()}`);
    }
    for (const file of readdirSync(join(this.home, 'logs'))) {
      const log = readFileSync(join(this.home, 'logs', file), 'utf8');
      if (log.includes(MARK)) complaints.push(`${file} names somebody: ${log.slice(Math.max(0, log.indexOf(MARK) - 200), log.indexOf(MARK) + 60)}`);
      if (this.keys.slice(0, 6).some((key) => log.includes(key))) complaints.push(`${file} has a key`);
    }
    return complaints;
  }

  /** In megabytes, by service. */
  async memory(): Promise<Record<string, number>> {
    const all = SPEAKING.map(async (name): Promise<[string, number]> => [name, Math.round(Number(RESIDENT.exec(await (await fetch(`${this.urlOf(name)}/metrics`)).text())?.[1]) / 1_048_576)]);
    return Object.fromEntries(await Promise.all(all));
  }

  private configuration(): string {
    const document = parseDocument(readFileSync(EXAMPLE_CONFIG, 'utf8'));
    document.setIn(['ingress', 'limits'], { perKey: LIMITLESS, perAddress: LIMITLESS });
    const file = join(this.home, 'fuzz.yaml');
    writeFileSync(file, document.toString());
    return file;
  }

  private async makeKey(key: object, operator: string): Promise<string> {
    const answer = await fetch(`${this.urlOf('ingress')}/v1/keys`, { method: 'POST', headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' }, body: JSON.stringify(key) });
    if (answer.status !== 201) throw new Error(`A key was refused, ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { secret: string }).secret;
  }
}
