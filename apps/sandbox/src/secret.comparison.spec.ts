import { expect, it } from 'vitest';
import { secretComparison } from './secret.comparison.js';

it('takes a header that is the secret, and no other', () => {
  const isRight = secretComparison('Bearer pät-1');
  const others = [undefined, '', 'Bearer', 'Bearer pät-2', 'Bearer pät-1 ', 'bearer pät-1', 'Bearer pat-1x'];
  expect([isRight('Bearer pät-1'), ...others.map(isRight)]).toEqual([true, ...others.map(() => false)]);
});
