import { describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('returns what the condition answers once it answers something', async () => {
    let asked = 0;
    expect(await waitFor(() => (++asked === 3 ? 'there' : undefined), { everyMs: 1 })).toBe('there');
  });

  it('takes an exception for "not yet"', async () => {
    let asked = 0;
    const condition = (): boolean => {
      if (++asked < 3) throw new Error('refused');
      return true;
    };
    expect(await waitFor(condition, { everyMs: 1 })).toBe(true);
  });

  it('names what did not come, and the last exception', async () => {
    const waiting = waitFor(() => Promise.reject(new Error('refused')), { timeoutMs: 5, everyMs: 1, describe: 'the mail' });
    await expect(waiting).rejects.toMatchObject({ message: 'Waited 5 ms in vain for the mail.', cause: new Error('refused') });
  });
});
