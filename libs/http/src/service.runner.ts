import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface RunOptions {
  host: string;
  port: number;
  /** In-flight work may take this long after SIGTERM, 25 s unless given; then the process ends with 1. */
  shutdownDeadlineMs?: number;
}

const logger = new Logger('Service');

/** Errors that say that somebody else is away, which is never a reason to end. */
const AWAY: readonly unknown[] = ['DATABASE_UNAVAILABLE', 'MESSAGING_UNAVAILABLE'];

/**
 * Listens, starts the microservices beside it (they wait for their broker without holding up HTTP), and stops
 * in order on SIGTERM or SIGINT. A second signal ends the process at once.
 */
export async function runService(app: NestFastifyApplication, options: RunOptions): Promise<void> {
  stopOnSignals(app, options.shutdownDeadlineMs ?? 25_000);
  outliveOthers();
  await app.listen({ host: options.host, port: options.port });
  logger.log({ msg: 'listening', url: await app.getUrl() });
  app.startAllMicroservices().catch((error: unknown) => {
    logger.fatal({ msg: 'the microservices did not start', err: error });
    process.exit(1);
  });
}

/**
 * Runs a program's main. What it throws ends the process with 1: a wrong configuration is told in words, since its
 * stack helps nobody; anything else with its stack.
 */
export async function launch(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const told = error instanceof Error && 'code' in error && error.code === 'CONFIGURATION_INVALID';
    process.stderr.write(`${told ? error.message : inspect(error)}\n`);
    process.exit(1);
  }
}

/** Stops accepting, finishes what is in flight, then closes everything behind it. */
export async function shutDown(app: NestFastifyApplication): Promise<void> {
  // First HTTP: Nest alone would run the destroy hooks while requests still need what they destroy.
  await app.getHttpAdapter().getInstance().close();
  await app.close();
}

/** Node ends a process for a rejection that nobody waited for. With Postgres or NATS away there is nothing to end for: readiness says it. */
function outliveOthers(): void {
  process.on('unhandledRejection', (error) => {
    if (error instanceof Error && 'code' in error && AWAY.includes(error.code)) {
      logger.error({ msg: 'nobody waited for what failed', err: error });
      return;
    }
    logger.fatal({ msg: 'a failure that nobody expected', err: error });
    process.exit(1);
  });
}

function stopOnSignals(app: NestFastifyApplication, deadlineMs: number): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.log({ msg: 'stopping', signal });
    setTimeout(() => {
      logger.error({ msg: 'work in flight did not end in time', deadlineMs });
      process.exit(1);
    }, deadlineMs).unref();
    shutDown(app).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ msg: 'stopping failed', err: error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
