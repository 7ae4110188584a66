import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.registry.js';

describe('Metrics', () => {
  it('returns the same metric for the same name', () => {
    const metrics = new Metrics();
    expect(metrics.counter('seen_total', 'Seen')).toBe(metrics.counter('seen_total', 'Seen'));
    expect(metrics.gauge('waiting', 'Waiting')).toBe(metrics.gauge('waiting', 'Waiting'));
    expect(metrics.histogram('took_seconds', 'Took')).toBe(metrics.histogram('took_seconds', 'Took'));
  });

  it('refuses one name for two kinds', () => {
    const metrics = new Metrics();
    metrics.counter('seen_total', 'Seen');
    expect(() => metrics.gauge('seen_total', 'Seen')).toThrow(/posthorn_seen_total already exists/);
  });

  it('prefixes every name, and asks a collecting gauge only when somebody looks', async () => {
    const metrics = new Metrics();
    let asked = 0;
    metrics.gauge('backlog', 'Backlog', [], (gauge) => {
      asked += 1;
      gauge.set(7);
    });
    metrics.counter('seen_total', 'Seen', ['type']).inc({ type: 'lead.submitted' });
    expect(asked).toBe(0);
    const text = await metrics.registry.metrics();
    expect(text).toContain('posthorn_backlog 7');
    expect(text).toContain('posthorn_seen_total{type="lead.submitted"} 1');
  });
});
