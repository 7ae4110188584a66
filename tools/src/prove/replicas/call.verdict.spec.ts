import { describe, expect, it } from 'vitest';
import { type Call, type Run } from './call.record.js';
import { judge } from './call.verdict.js';

const killed: Run = { replica: 0, file: '', killedAt: 100 };
const alive: Run = { replica: 1, file: '' };
const planned = [
  { id: 'a', key: 'k', eventId: '1' },
  { id: 'b', key: 'k', eventId: '2' },
];
const call = (run: Run, attempt: number, beganAt: number, endedAt?: number): Call => ({ run, attempt, beganAt, endedAt });
const verdict = (a: Call[], b: Call[]) => judge(planned, new Map([['a', a], ['b', b]]));
const fine = { never: 0, doubleClaims: 0, overlapping: 0, unexplained: 0, outOfOrder: 0 };

describe('the judgement of calls', () => {
  it('finds nothing in calls that happened once and in order', () => {
    expect(verdict([call(alive, 1, 1, 2)], [call(killed, 1, 3, 4)])).toEqual({ ...fine, once: 2, afterKill: 0 });
  });

  it('takes it as it is that a call is repeated whose process was killed', () => {
    expect(verdict([call(killed, 1, 99), call(alive, 2, 110, 111)], [call(alive, 1, 112, 113)])).toEqual({ ...fine, once: 1, afterKill: 1 });
  });

  it('notices what was never called', () => {
    expect(verdict([call(alive, 1, 1, 2)], [])).toMatchObject({ never: 1 });
  });

  it('notices one claim given to two', () => {
    expect(verdict([call(killed, 1, 1, 2), call(alive, 1, 110, 111)], [])).toMatchObject({ doubleClaims: 1 });
  });

  it('notices two calls at a time, and two calls without a kill', () => {
    expect(verdict([call(alive, 1, 1, 5), call(killed, 2, 4, 6)], [])).toMatchObject({ overlapping: 1 });
    expect(verdict([call(alive, 1, 1, 2), call(killed, 2, 4, 6)], [])).toMatchObject({ unexplained: 1 });
    expect(verdict([call(killed, 1, 1, 2), call(alive, 2, 50, 60)], [])).toMatchObject({ unexplained: 1 });
  });

  it('notices an event that overtook an earlier one of its key', () => {
    expect(verdict([call(alive, 1, 10, 20)], [call(killed, 1, 15, 16)])).toMatchObject({ outOfOrder: 1 });
  });
});
