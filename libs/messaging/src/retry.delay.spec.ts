import { describe, expect, it } from 'vitest';
import { batchLimit, pauseMs, redeliveryDelayMs } from './retry.delay.js';

describe('the delay of a rejected message', () => {
  it('doubles from one second to one minute', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1_000].map(redeliveryDelayMs)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });
});

describe('a batch of messages that come again', () => {
  it('is smaller each time, until a poisonous message is alone', () => {
    expect([1, 2, 3, 4, 5, 50].map((count) => batchLimit(200, count))).toEqual([200, 50, 12, 3, 1, 1]);
  });
});

describe('the pause while everything new fails', () => {
  it('grows to five seconds and is none when something succeeded', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 60].map(pauseMs)).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });
});
