import { newId } from '@posthorn/contracts';
import type { HttpRequest } from '@posthorn/http';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Acceptance, Once } from '../accepting/acceptance.service.js';
import type { Incumbent, QuarantineStore } from '../quarantine/quarantine.store.js';
import { FormOnce } from './form.once.js';
import type { Form } from './form.settings.js';

const form = { id: 'acme.contact', site: 'acme' } as Form;
const request = { ip: '192.0.2.7', headers: { 'user-agent': 'a browser' } } as unknown as HttpRequest;
/** The last moment of a step of the clock. */
const BEFORE_THE_STEP = 1_000_000_009_999;

describe('a form that is sent twice', () => {
  let stored: Incumbent[];
  let questions: number;
  let once: FormOnce;
  beforeEach(() => {
    stored = [];
    questions = 0;
    const known = {
      incumbents: (keys: readonly { key: string }[]) => {
        questions += 1;
        return Promise.resolve(stored.filter(({ key }) => keys.some((asked) => asked.key === key)));
      },
    };
    once = new FormOnce(known as unknown as QuarantineStore, Buffer.alloc(32, 1));
  });

  const send = (message: string, now: number): Promise<Acceptance> => {
    const accept = ({ idempotencyKey: key }: Once): Promise<Acceptance> => {
      const id = newId();
      stored.push({ id, site: 'acme', key, hash: null, receivedAt: new Date(now), kind: 'accepted' });
      return Promise.resolve({ id, acceptedAt: new Date(now), replayed: false });
    };
    return once.run({ form, fields: new Map([['message', [message]]]), request }, accept, now);
  };

  it('is one event, also when a step of the clock lies between', async () => {
    const first = await send('hello', BEFORE_THE_STEP);
    expect(await send('hello', BEFORE_THE_STEP + 2)).toMatchObject({ id: first.id, replayed: true });
    expect(await send('hello', BEFORE_THE_STEP + 9_000)).toMatchObject({ id: first.id, replayed: true });
    expect(stored).toHaveLength(1);
  });

  it('is two when ten seconds have passed, or other words are in it', async () => {
    await send('hello', BEFORE_THE_STEP);
    await send('hello', BEFORE_THE_STEP + 10_000);
    await send('hello again', BEFORE_THE_STEP);
    expect(stored).toHaveLength(3);
  });

  it('asks the database once for all that arrive together, and answers each with its own', async () => {
    const words = Array.from({ length: 50 }, (_, at) => `word ${at}`);
    const first = await Promise.all(words.map((word) => send(word, BEFORE_THE_STEP)));
    expect(questions).toBe(1);
    const again = await Promise.all(words.map((word) => send(word, BEFORE_THE_STEP + 1)));
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(stored).toHaveLength(50);
  });
});
