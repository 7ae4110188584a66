import type { TestProject } from 'vitest/node';
import { findNatsServer } from './nats-finder.js';
import { startPostgres } from './postgres-server.js';
import './test-servers.js';

/** One Postgres for the whole run; each test file makes a database of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, nats] = await Promise.all([startPostgres({ maxConnections: 400 }), findNatsServer()]);
  project.provide('posthornPostgresPort', postgres.port);
  project.provide('posthornNatsBinary', nats.path);
  return () => postgres.stop();
}
