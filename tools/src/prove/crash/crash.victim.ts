import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { builtFile, WORKSPACE } from '../../workspace.js';
import { ServiceProcess } from '../../start/service.process.js';
import { type CrashStep, SIGNATURES, type WireName } from './crash.steps.js';
import { Tripwire } from './tripwire.js';

export type VictimName = 'crm-sync' | 'calendar';

export interface VictimServers {
  adminUrl: string;
  /** Of the database as the service's role reaches it. */
  databaseUrl: string;
  natsPort: number;
  sandboxPort: number;
  configFile: string;
  folder: string;
}

/** A real service whose every word to Postgres, NATS and its provider goes over a wire that can be cut in time. */
export class Victim {
  private readonly process: ServiceProcess;

  private constructor(readonly name: VictimName, private readonly wires: Record<WireName, Tripwire>, { databaseUrl, configFile, folder }: VictimServers, port: number) {
    const database = new URL(databaseUrl);
    database.port = String(wires.postgres.port);
    this.process = new ServiceProcess(
      name,
      { ...bare(), NODE_ENV: 'production', POSTHORN_CONFIG: configFile, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn', DATABASE_URL: database.href, NATS_URL: `nats://127.0.0.1:${wires.nats.port}` },
      join(folder, `${name}.log`),
    );
  }

  /** The wires have to be there before the configuration that leads over them. */
  static async wires(servers: Pick<VictimServers, 'databaseUrl' | 'natsPort' | 'sandboxPort'>): Promise<Record<WireName, Tripwire>> {
    const [postgres, nats, provider] = await Promise.all([
      Tripwire.to(Number(new URL(servers.databaseUrl).port), SIGNATURES.postgres),
      Tripwire.to(servers.natsPort, SIGNATURES.nats),
      Tripwire.to(servers.sandboxPort, SIGNATURES.provider),
    ]);
    return { postgres, nats, provider };
  }

  static async start(name: VictimName, wires: Record<WireName, Tripwire>, servers: VictimServers, port: number): Promise<Victim> {
    await provision(name, servers);
    const victim = new Victim(name, wires, servers, port);
    await victim.process.start();
    return victim;
  }

  /** Sends it something to do, and kills it in the moment of that step. False when the moment did not come. */
  async dieAt({ wire, trip }: CrashStep, work: () => Promise<void>, patienceMs: number): Promise<boolean> {
    const moment = this.wires[wire].arm(trip).then(() => true);
    await work();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), patienceMs)));
    const came = await Promise.race([moment, tooLate]).finally(() => clearTimeout(timer));
    await this.process.kill('SIGKILL');
    for (const each of Object.values(this.wires)) each.reset();
    await this.process.start();
    return came;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await Promise.all(Object.values(this.wires).map((wire) => wire.close()));
  }
}

/** As an operator provisions it, on the servers themselves. */
export async function provision(name: string, { adminUrl, natsPort }: Pick<VictimServers, 'adminUrl' | 'natsPort'>): Promise<void> {
  const env = { ...bare(), ADMIN_DATABASE_URL: adminUrl, NATS_URL: `nats://127.0.0.1:${natsPort}` };
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', builtFile(name, 'provision')], { cwd: WORKSPACE, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${name} could not be provisioned.\n${complaint}`))));
  });
}

/** None of what this process was started with concerns the service. */
export function bare(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: process.env['TMPDIR'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
}
