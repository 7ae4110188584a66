import { type DynamicModule, Global, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health.registry.js';
import { createLogger } from './logger.factory.js';
import { Metrics } from './metrics.registry.js';
import { Tracing, TRACING_OPTIONS, type TracingOptions } from './tracing.provider.js';

export interface ObservabilityOptions {
  service: string;
  /** pino level; `info` unless given. */
  logLevel?: string;
  otlpEndpoint?: string;
  logDestination?: DestinationStream;
}

/** Logs, metrics, traces and health for the whole process; adds GET /live, /ready and /metrics. */
@Global()
@Module({})
export class ObservabilityModule {
  static forRoot(options: ObservabilityOptions): DynamicModule {
    const logger = createLogger({
      service: options.service,
      level: options.logLevel ?? 'info',
      destination: options.logDestination,
    });
    const tracing: TracingOptions = { service: options.service, otlpEndpoint: options.otlpEndpoint };
    return {
      module: ObservabilityModule,
      // No route gets the library's middleware: it would build a child logger for every request.
      imports: [LoggerModule.forRoot({ pinoHttp: { logger }, forRoutes: [] })],
      controllers: [HealthController],
      providers: [
        { provide: Metrics, useFactory: createMetrics },
        HealthRegistry,
        { provide: TRACING_OPTIONS, useValue: tracing },
        Tracing,
      ],
      exports: [Metrics, HealthRegistry, Tracing, LoggerModule],
    };
  }
}

function createMetrics(): Metrics {
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  return metrics;
}
