import { describe, expect, it } from 'vitest';
import { ProcessorMeter } from './processor.meter.js';

describe('the processors’ meter', () => {
  it('tells a share of the time since it was last asked', () => {
    const meter = new ProcessorMeter();
    for (const until = Date.now() + 150; Date.now() < until; );
    const share = meter.share();
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});
