import { provePromise } from '@posthorn/tools';
import { expect, it } from 'vitest';

it('the log has no gap and no fork, and lacks nothing, when the replica that appends to it is killed', { timeout: 300_000 }, async () => {
  const { complaints, figures } = await provePromise('sequencer', { kills: 3 });
  expect(complaints).toEqual([]);
  expect(figures).toMatchObject({ kills: 3, lost: 0, twice: 0, gaps: 0, forked: 0 });
});
