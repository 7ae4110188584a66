import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { setRecording } from './trace-context.js';

export interface TracingOptions {
  service: string;
  /** Base address of an OTLP/HTTP collector; without one no span is recorded. */
  otlpEndpoint?: string;
  /** Replaces the exporter, for tests. */
  spanProcessor?: SpanProcessor;
}

export const TRACING_OPTIONS = Symbol('TRACING_OPTIONS');

/** Records and exports spans, if there is anywhere to send them. */
@Injectable()
export class Tracing implements OnApplicationShutdown {
  private readonly provider: TracerProvider | undefined;

  constructor(@Inject(TRACING_OPTIONS) options: TracingOptions) {
    const processor = options.spanProcessor ?? exportTo(options.otlpEndpoint);
    if (processor === undefined) return;
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': `posthorn-${options.service}` }),
      spanProcessors: [processor],
    });
    trace.setGlobalTracerProvider(this.provider);
    setRecording(true);
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.provider === undefined) return;
    setRecording(false);
    trace.disable();
    // A collector that is away must not keep a service from stopping.
    await this.provider.shutdown().catch(() => undefined);
  }
}

function exportTo(endpoint: string | undefined): SpanProcessor | undefined {
  if (endpoint === undefined || endpoint === '') return undefined;
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  return new BatchSpanProcessor({ exporter });
}
