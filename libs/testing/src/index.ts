export { createFaultProxy, type FaultProxy } from './fault-proxy.js';
export { freePort } from './free-port.js';
export { findNatsServer, type FoundNats, NATS_RELEASE, NatsServerMissingError } from './nats-finder.js';
export { type NatsOptions, type NatsServer, startNats } from './nats-server.js';
export { lastLines, type PostgresOptions, type PostgresServer, startPostgres } from './postgres-server.js';
export { type ServerCommand, ServerProcess, untilReady } from './server-process.js';
export { withFile } from './temporary-file.js';
export { type TestDatabase, type TestNats, useDatabase, useNats } from './test-servers.js';
export { waitFor, type WaitOptions } from './wait-for.js';
