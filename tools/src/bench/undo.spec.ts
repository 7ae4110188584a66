import { expect, it } from 'vitest';
import { Undo } from './undo.js';

it('ends what was started, the newest first and only once', async () => {
  const undo = new Undo();
  const ended: string[] = [];
  for (const name of ['tree', 'stack']) await undo.start(Promise.resolve(name), (started) => Promise.resolve(ended.push(started)));
  await Promise.all([undo.all(), undo.all()]);
  expect(ended).toEqual(['stack', 'tree']);
});

it('waits for what is still being started, and leaves alone what could not be', async () => {
  const undo = new Undo();
  const ended: string[] = [];
  const late = Promise.withResolvers<string>();
  void undo.start(late.promise, (started) => Promise.resolve(ended.push(started)));
  await expect(undo.start(Promise.reject(new Error('no port')), () => Promise.resolve(ended.push('nothing')))).rejects.toThrow('no port');
  const all = undo.all();
  late.resolve('stack');
  await all;
  expect(ended).toEqual(['stack']);
});

it('ends the others when one cannot be ended, and says so', async () => {
  const undo = new Undo();
  const ended: string[] = [];
  await undo.start(Promise.resolve('tree'), (started) => Promise.resolve(ended.push(started)));
  await undo.start(Promise.resolve('stack'), () => Promise.reject(new Error('it hangs')));
  await expect(undo.all()).rejects.toThrow('it hangs');
  expect(ended).toEqual(['tree']);
});
