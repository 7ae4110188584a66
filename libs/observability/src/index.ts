export { HealthRegistry, type HealthCheck, type HealthReport } from './health.registry.js';
export { createLogger, REDACTED_PATHS, type LoggerOptions } from './logger.factory.js';
export { Metrics } from './metrics.registry.js';
export { ObservabilityModule, type ObservabilityOptions } from './observability.module.js';
export {
  currentTraceparent,
  isTraceparent,
  traceHeaders,
  withTrace,
  type SpanAttributes,
} from './trace-context.js';
export { Tracing, type TracingOptions } from './tracing.provider.js';
/** Inject it, or use Nest's own `new Logger(Name.name)`: both end in the same JSON lines. */
export { Logger } from 'nestjs-pino';
export type { Counter, Gauge, Histogram } from 'prom-client';
