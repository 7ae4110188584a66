import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.factory.js';
import { withTrace } from './trace-context.js';

function record(level = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'email', level, destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createLogger', () => {
  it('writes JSON lines with the level by name, ISO time and the service', () => {
    const { logger, last } = record();
    logger.info({ eventId: 'e1', site: 'acme', attempt: 2 }, 'delivered');
    expect(last()).toMatchObject({ level: 'info', service: 'email', msg: 'delivered', eventId: 'e1', site: 'acme', attempt: 2 });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('censors secrets and payloads that slip in, two levels deep', () => {
    const { logger, lines } = record();
    logger.info({
      password: 's3cret',
      options: { accessToken: 's3cret' },
      request: { headers: { authorization: 'Bearer s3cret' } },
      event: { data: { person: 's3cret' } },
    });
    expect(lines.join('')).not.toContain('s3cret');
  });

  it('carries the trace of the span it is written in', () => {
    const { logger, last } = record();
    withTrace('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'work', {}, () => logger.info('within'));
    expect(last()['traceId']).toBe('0af7651916cd43dd8448eb211c80319c');
    logger.info('without');
    expect(last()).not.toHaveProperty('traceId');
  });

  it('takes what Nest tells of its own start for debugging only', () => {
    const { logger, lines } = record();
    logger.info({ context: 'RouterExplorer' }, 'Mapped {/live, GET} route');
    expect(lines).toEqual([]);
    logger.info({ context: 'Relay' }, 'caught up');
    expect(lines).toHaveLength(1);
  });

  it('writes nothing below its level', () => {
    const { logger, lines } = record('warn');
    logger.info('hello');
    expect(lines).toEqual([]);
  });
});
