import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import { isAnswer, judgeError } from './connection-error.js';

const ofServer = (code: string): Error => Object.assign(new DatabaseError('x', 0, 'error'), { code });
const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('judgeError', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED'), 'lost'],
    ['a refused connection on both address families', new AggregateError([withCode('ECONNREFUSED')]), 'lost'],
    ['a connection that broke during a statement', new Error('Connection terminated unexpectedly'), 'lost'],
    ['a server that is shutting down', withCode('57P01'), 'lost'],
    ['a server that is starting up', withCode('57P03'), 'lost'],
    ['no answer in time', new Error('Query read timeout'), 'silent'],
    ['a connection that did not come about in time', new Error('Connection terminated due to connection timeout'), 'silent'],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect'), 'exhausted'],
    ['a server without a free connection', withCode('53300'), 'exhausted'],
    ['a statement the server cancelled', ofServer('57014'), 'overburdened'],
    ['a full disk', ofServer('53100'), 'overburdened'],
    ['a standby', ofServer('25006'), 'overburdened'],
    ['a code of somebody else that looks like one', withCode('53100'), 'statement'],
    ['a violated constraint', withCode('23505'), 'statement'],
    ['an error of our own', new TypeError('not a function'), 'statement'],
    ['something that is no error', 'oops', 'statement'],
  ] as const)('takes %s for %s', (_, error, verdict) => {
    expect(judgeError(error)).toBe(verdict);
  });
});

describe('isAnswer', () => {
  it('tells a server that refuses us from one that says nothing', () => {
    expect(['53300', '28P01', '3D000'].map((code) => isAnswer(ofServer(code)))).toEqual([true, true, true]);
    expect([ofServer('57P03'), withCode('ECONNREFUSED'), new Error('timeout expired')].map(isAnswer)).toEqual([false, false, false]);
  });
});
