import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { currentTraceparent, isTraceparent, traceHeaders, withTrace } from './trace-context.js';
import { Tracing } from './tracing.provider.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

describe('without an exporter', () => {
  it('carries the trace on under a span id of its own', async () => {
    const inside = await withTrace(PARENT, 'work', {}, async () => {
      await Promise.resolve();
      return currentTraceparent();
    });
    expect(inside).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(inside).not.toBe(PARENT);
  });

  it.each([undefined, '', 'garbage', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `${PARENT}-more`, PARENT.toUpperCase()])(
    'begins a new trace when the parent is %j',
    (parent) => {
      const inside = withTrace(parent, 'work', {}, currentTraceparent);
      expect(isTraceparent(inside ?? '')).toBe(true);
      expect(inside).not.toContain(TRACE);
    },
  );

  it('nests spans in one trace, and gives outgoing requests the innermost', () => {
    withTrace(PARENT, 'outer', {}, () => {
      const outer = currentTraceparent();
      withTrace(undefined, 'inner', {}, () => {
        expect(traceHeaders()['traceparent']).toContain(TRACE);
        expect(traceHeaders()['traceparent']).not.toBe(outer);
      });
    });
    expect(traceHeaders()).toEqual({});
  });
});

describe('with an exporter', () => {
  let tracing: Tracing | undefined;
  afterEach(() => tracing?.onApplicationShutdown());

  it('records spans as children of the remote parent, with errors by name only', async () => {
    const exporter = new InMemorySpanExporter();
    tracing = new Tracing({ service: 'email', spanProcessor: new SimpleSpanProcessor({ exporter }) });
    await withTrace(PARENT, 'send mail', { 'posthorn.attempt': 1 }, () => Promise.resolve('sent'));
    const failed = withTrace(PARENT, 'send mail', {}, () => Promise.reject(new RangeError('jane@example.com')));
    await expect(failed).rejects.toThrow(RangeError);
    const [first, second] = exporter.getFinishedSpans();
    expect(first).toMatchObject({ name: 'send mail', attributes: { 'posthorn.attempt': 1 } });
    expect(first?.spanContext().traceId).toBe(TRACE);
    expect(first?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(second?.status.message).toBe('RangeError');
  });
});
