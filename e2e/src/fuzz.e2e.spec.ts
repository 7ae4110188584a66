import { provePromise } from '@posthorn/tools';
import { expect, it } from 'vitest';

it('whatever is sent to ingress, audit and console, nothing is a 5xx, nothing breaks their documents, nothing hangs', { timeout: 300_000 }, async () => {
  const { complaints, figures } = await provePromise('fuzz', { requests: 3_000, seed: 1 });
  expect(complaints).toEqual([]);
  expect(figures).toMatchObject({ requests: 3_000, serverErrors: 0, hung: 0 });
});
