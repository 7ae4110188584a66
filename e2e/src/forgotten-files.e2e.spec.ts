import { provePromise } from '@posthorn/tools';
import { expect, it } from 'vitest';

it('whoever is forgotten is in no file any more, breaks no proof and takes nobody else along', { timeout: 300_000 }, async () => {
  const { complaints, figures } = await provePromise('erasure', { people: 45, forgotten: 15 });
  expect(complaints).toEqual([]);
  expect(figures).toMatchObject({ events: 90, erasedEvents: 30 });
});
