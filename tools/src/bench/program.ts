import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { WORKSPACE } from '../workspace.js';

export type ProgramName = 'bare.ingress' | 'bare.worker' | 'bare.nest' | 'bare.engine' | 'engine' | 'flood' | 'provider.tap' | 'steady.sender';

interface Answer {
  id: number;
  answer?: unknown;
  error?: string;
}

/** A small program of ours in a process of its own, asked over Node's own channel. It ends when we do. */
export class Program {
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private readonly ended: Promise<void>;
  private asked = 0;
  private ending: string | undefined;

  private constructor(
    private readonly name: ProgramName,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (message) => this.receive(message as Answer));
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.ending = `${name} ended: ${signal ?? `exit code ${code}`}`;
        for (const { reject } of this.waiting.values()) reject(new Error(this.ending));
        resolve();
      });
    });
  }

  static start(name: ProgramName, env: Record<string, string> = {}): Program {
    const file = join(WORKSPACE, 'tools', 'dist', 'bench', 'programs', `${name}.js`);
    // The same as for a service: see start/service.process.ts.
    const child = fork(file, { env: { ...process.env, ...env, NODE_ENV: 'production' }, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    return new Program(name, child);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} could not be started.`);
    return this.child.pid;
  }

  ask<T>(what: string, details: object = {}): Promise<T> {
    if (this.ending !== undefined) return Promise.reject(new Error(this.ending));
    const id = (this.asked += 1);
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(id, answer);
    this.child.send({ id, what, details });
    return answer.promise as Promise<T>;
  }

  async stop(): Promise<void> {
    if (this.ending === undefined) this.child.kill('SIGKILL');
    // Whoever still waits for an answer is being stopped too.
    for (const { promise } of this.waiting.values()) promise.catch(() => undefined);
    await this.ended;
  }

  private receive({ id, answer, error }: Answer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`${this.name}: ${error}`));
  }
}

/** Starts a program for one question. */
export async function askOnce<T>(name: ProgramName, what: string, details: object): Promise<T> {
  const program = Program.start(name);
  try {
    return await program.ask<T>(what, details);
  } finally {
    await program.stop();
  }
}
