import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LONGEST_LOG_BYTES = 5_000_000;

/** The folders and files below POSTHORN_HOME. */
export class StackHome {
  readonly secrets: string;
  readonly client: string;
  readonly postgres: string;
  readonly nats: string;
  readonly sandbox: string;
  /** What the audit log has signed, apart from its database. */
  readonly checkpoints: string;
  /** The checkpoints of this log that `npx posthorn audit` has verified. */
  private readonly remembered: string;
  readonly programs: string;
  readonly roster: string;
  private readonly logs: string;

  constructor(readonly folder: string) {
    this.secrets = join(folder, 'secrets.json');
    this.client = join(folder, 'client.json');
    this.postgres = join(folder, 'postgres');
    this.nats = join(folder, 'nats');
    this.sandbox = join(folder, 'sandbox');
    this.checkpoints = join(folder, 'checkpoints');
    this.remembered = join(folder, 'remembered');
    this.programs = join(folder, 'programs');
    this.roster = join(folder, 'running.json');
    this.logs = join(folder, 'logs');
  }

  create(): void {
    for (const folder of [this.folder, this.logs, this.sandbox]) mkdirSync(folder, { recursive: true });
  }

  /** Forgets everything except what was downloaded. */
  clear(): void {
    for (const path of [this.secrets, this.client, this.postgres, this.nats, this.sandbox, this.checkpoints, this.remembered, this.logs]) rmSync(path, { recursive: true, force: true });
  }

  /** The log of a process. One that has grown long is put aside first, in place of the one before. */
  logOf(name: string): string {
    const file = join(this.logs, `${name}.log`);
    if (existsSync(file) && statSync(file).size > LONGEST_LOG_BYTES) renameSync(file, `${file}.1`);
    return file;
  }
}
