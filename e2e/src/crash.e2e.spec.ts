import { provePromise } from '@posthorn/tools';
import { expect, it } from 'vitest';

/** Ten starts, and the wait for what the dead had claimed. */
const PATIENCE_MS = 300_000;

it('kill -9 at each of the five steps of a delivery loses nothing and does nothing twice, in CRM and calendar', async () => {
  const { complaints, figures } = await provePromise('crash', { times: 1 });
  expect(complaints).toEqual([]);
  expect(figures).toMatchObject({ 'crm-sync': { kills: 5, lost: 0, duplicates: 0 }, calendar: { kills: 5, lost: 0, duplicates: 0 } });
}, PATIENCE_MS);
