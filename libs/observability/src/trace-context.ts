import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { RandomIdGenerator } from '@opentelemetry/sdk-trace';

export type SpanAttributes = Attributes;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED = 1;
const ids = new RandomIdGenerator();

// The API's context is process-wide by design; a manager somebody registered before us stays in place.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

let recording = false;

/** Set by Tracing: whether spans are recorded and exported, or trace ids only carried on. */
export function setRecording(on: boolean): void {
  recording = on;
}

/** A well-formed W3C `traceparent`, version 00. */
export function isTraceparent(value: string): boolean {
  return TRACEPARENT.test(value);
}

/**
 * Runs `fn` inside a child span of `traceparent` (of the current span when it is undefined or malformed, else
 * of a new trace). Without an exporter nothing is recorded, yet the trace id is carried on all the same.
 */
export function withTrace<T>(
  traceparent: string | undefined,
  spanName: string,
  attributes: SpanAttributes,
  fn: (span: Span) => T,
): T {
  const remote = traceparent === undefined ? undefined : parse(traceparent);
  const parent = remote === undefined ? context.active() : trace.setSpanContext(ROOT_CONTEXT, remote);
  if (!recording) {
    const of = remote ?? trace.getSpanContext(parent);
    const span = trace.wrapSpanContext({
      traceId: of?.traceId ?? ids.generateTraceId(),
      spanId: ids.generateSpanId(),
      traceFlags: of?.traceFlags ?? SAMPLED,
    });
    return context.with(trace.setSpan(parent, span), fn, undefined, span);
  }
  const span = trace.getTracer('posthorn').startSpan(spanName, { attributes }, parent);
  return context.with(trace.setSpan(parent, span), () => settle(span, fn));
}

/** The `traceparent` of the span this code runs in. */
export function currentTraceparent(): string | undefined {
  const span = trace.getSpanContext(context.active());
  return span === undefined ? undefined : format(span);
}

export function currentTraceId(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}

/** Headers to add to an outgoing request, so that the provider's side can be found in the same trace. */
export function traceHeaders(): Record<string, string> {
  const traceparent = currentTraceparent();
  return traceparent === undefined ? {} : { traceparent };
}

function settle<T>(span: Span, fn: (span: Span) => T): T {
  let result: T;
  try {
    result = fn(span);
  } catch (error) {
    fail(span, error);
    throw error;
  }
  if (!(result instanceof Promise)) {
    span.end();
    return result;
  }
  result.then(
    () => span.end(),
    (error: unknown) => fail(span, error),
  );
  return result;
}

// The error's name only: a provider's message may quote the person.
function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
  span.end();
}

function parse(traceparent: string): SpanContext | undefined {
  const match = TRACEPARENT.exec(traceparent);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  return { traceId: match[1], spanId: match[2], traceFlags: Number.parseInt(match[3], 16), isRemote: true };
}

function format(span: SpanContext): string {
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}
