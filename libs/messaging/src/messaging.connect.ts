import type { INestApplication, INestMicroservice } from '@nestjs/common';
import { type CustomTransportStrategy, NestMicroservice } from '@nestjs/microservices';
import { AnswerServer } from './answer.server.js';
import { JetStreamServer, type JetStreamServerOptions } from './jetstream.server.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { OriginalErrorFilter } from './original-error.filter.js';

export interface MessagingConnections extends Partial<JetStreamServerOptions> {
  /** Whether `@MessagePattern` handlers answer over core NATS; default false. */
  answers?: boolean;
}

/** Connects the app's handlers; call it before `startAllMicroservices()`. */
export function connectMessaging(app: INestApplication, options: MessagingConnections): void {
  const provider = app.get(NatsConnectionProvider);
  if (options.consumers !== undefined && options.consumers.length > 0) {
    const { consumers, drainTimeoutMs } = options;
    connectStrategy(app, new JetStreamServer(provider, { consumers, drainTimeoutMs }));
  }
  if (options.answers === true) connectStrategy(app, new AnswerServer(provider));
}

/**
 * The filter must be there before Nest binds the handlers, which `connectMicroservice` does at once unless told to
 * defer it; and deferring would run the app's init hooks a second time unless told that they have run.
 */
function connectStrategy(app: INestApplication, strategy: CustomTransportStrategy): INestMicroservice {
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true });
  microservice.useGlobalFilters(new OriginalErrorFilter());
  if (microservice instanceof NestMicroservice) microservice.setIsInitHookCalled(true);
  return microservice;
}
