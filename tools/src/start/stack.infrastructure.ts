import { findNatsServer, type LocalServer, NATS_RELEASE, startNats, startPostgres } from '@posthorn/testing';
import { natsAuthorization, natsPermissions } from '@posthorn/messaging';
import type { PortPlan } from './port.plan.js';
import type { Secrets } from './secret.store.js';
import { SERVICES } from './service.catalogue.js';
import { type DatabaseAccess, NATS_ADMIN, type NatsAccess } from './stack.environment.js';
import type { StackHome } from './stack.home.js';
import { StartError } from './start.error.js';

const DATABASE = 'posthorn';

export interface Infrastructure<Access> {
  access: Access;
  /** Undefined when the server is not ours. */
  server?: LocalServer;
  description: string;
}

export interface InfrastructurePlan {
  env: NodeJS.ProcessEnv;
  home: StackHome;
  ports: PortPlan;
  secrets: Secrets;
}

export async function preparePostgres(plan: InfrastructurePlan): Promise<Infrastructure<DatabaseAccess>> {
  const { env, home, ports, secrets } = plan;
  const given = env['POSTGRES_URL'];
  if (given !== undefined && given !== '') return { access: splitUrl(given), description: `at ${hostOf(given)}` };
  const logFile = home.logOf('postgres');
  const server = await startPostgres({ dir: home.postgres, port: ports.postgres, password: secrets.postgresAdmin, durable: true, logFile });
  const access = { url: server.urlOf(DATABASE), password: secrets.postgresAdmin };
  return { access, server, description: `embedded, port ${ports.postgres}` };
}

export async function prepareNats(plan: InfrastructurePlan, onProgress: (line: string) => void): Promise<Infrastructure<NatsAccess>> {
  const { env, home, ports } = plan;
  const url = env['NATS_URL'];
  if (url !== undefined && url !== '') {
    const given = { user: env['NATS_USER'], password: env['NATS_PASSWORD'], adminUser: env['NATS_ADMIN_USER'], adminPassword: env['NATS_ADMIN_PASSWORD'] };
    return { access: { url, given }, description: `at ${url.replace(/\/\/[^@/]*@/, '//')}` };
  }
  const { path, from } = await findNatsServer({ cacheDir: home.programs, onProgress });
  const server = await startNats({ dir: home.nats, port: ports.nats, binary: path, conf: natsConf(plan), logFile: home.logOf('nats') });
  const origin = { path, cache: `release ${NATS_RELEASE}`, package: 'package nats-server', release: `release ${NATS_RELEASE}` }[from];
  return { access: { url: server.url }, server, description: `${origin}, port ${ports.nats}` };
}

// Each service has its own user, who may do what the service needs and nothing else.
function natsConf({ ports, secrets }: InfrastructurePlan): string {
  const users = SERVICES.flatMap(({ name, access }) =>
    access === undefined ? [] : [{ user: name, password: secrets[`nats:${name}`], permissions: natsPermissions(access) }],
  );
  return [
    `http: "127.0.0.1:${ports['nats-monitor']}"`,
    natsAuthorization([{ user: NATS_ADMIN, password: secrets.natsAdmin }, ...users]),
  ].join('\n');
}

function splitUrl(given: string): DatabaseAccess {
  if (!URL.canParse(given) || !/^postgres(ql)?:$/.test(new URL(given).protocol)) {
    throw new StartError('OPTIONS', 'POSTGRES_URL must look like postgres://user:password@host:5432/database');
  }
  const url = new URL(given);
  const password = url.password === '' ? undefined : decodeURIComponent(url.password);
  url.password = '';
  if (url.pathname === '' || url.pathname === '/') url.pathname = `/${DATABASE}`;
  return { url: url.href, password };
}

function hostOf(url: string): string {
  return new URL(url).host;
}
