import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { waitFor } from '@posthorn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditFixture, ORIGIN, startAudit } from '../testing/audit.test-kit.js';
import { cosignatureVerifier } from '../tree/note.js';
import { LogIdentity } from './log.identity.js';
import { SignedLog } from './log.test-kit.js';
import { TestWitness } from './witness.test-kit.js';

let witnesses: TestWitness[];
let audit: AuditFixture;
let log: SignedLog;
beforeAll(async () => {
  const seed = randomBytes(32);
  const logKey = (): string => new LogIdentity(ORIGIN, [seed]).verifierKeys[0] ?? '';
  witnesses = await Promise.all(['north.example/w1', 'south.example/w2'].map((name) => TestWitness.start(name, logKey)));
  const configured = witnesses.map(({ url, verifierKey }) => ({ url, key: cosignatureVerifier(verifierKey) }));
  audit = await startAudit({}, { signingKeys: [seed], checkpoints: { everyMs: 3_600_000, witnesses: configured } });
  Logger.overrideLogger(false);
  log = new SignedLog(audit);
});
afterAll(async () => {
  await audit.stop();
  await Promise.all(witnesses.map((witness) => witness.stop()));
});

const signers = async (): Promise<string[]> => (await log.note()).split('\n').flatMap((line) => /^— (\S+) /.exec(line)?.[1] ?? []);
const cosigned = (...names: string[]): Promise<unknown> => waitFor(async () => (await signers()).join() === [ORIGIN, ...names].join(), { describe: `a checkpoint cosigned by ${names.join(' and ')}` });
const [north, south] = ['north.example/w1', 'south.example/w2'];

describe('witnesses', () => {
  it('cosign each checkpoint after they have seen that it continues the one before', async () => {
    for (const more of [5, 300, 700]) {
      const { size } = await log.growAndSign(more);
      await cosigned(north, south);
      expect(witnesses.map(({ known }) => known.size)).toEqual([size, size]);
    }
    expect(witnesses.map(({ answers }) => answers)).toEqual([[200, 200, 200], [200, 200, 200]]);
  });

  it('hold up nothing while they are away, and catch up when they are back', async () => {
    const [first] = witnesses;
    if (first === undefined) throw new Error('no witness');
    first.away = true;
    for (const more of [3, 4]) {
      await log.growAndSign(more);
      await cosigned(south);
    }
    first.away = false;
    await log.sign();
    await cosigned(north, south);
  });

  it('that know another size than we remember are asked again from there', async () => {
    await audit.superuser.query('DELETE FROM cosignatures WHERE witness = $1', [north]);
    witnesses[0]?.answers.splice(0);
    await log.growAndSign(9);
    await cosigned(north, south);
    expect(witnesses[0]?.answers).toEqual([409, 200]);
  });

  it('do not cosign what does not continue the log they know', async () => {
    const [first] = witnesses;
    if (first === undefined) throw new Error('no witness');
    first.known = { ...first.known, root: Buffer.alloc(32).toString('base64') };
    first.answers.splice(0);
    await log.growAndSign(2);
    await cosigned(south);
    await waitFor(() => first.answers.length > 0);
    expect(first.answers).toEqual([422]);
  });

  it('are believed by their key alone', async () => {
    const [, second] = witnesses;
    if (second === undefined) throw new Error('no witness');
    const app = await audit.replica({ checkpoints: { everyMs: 3_600_000, witnesses: [{ url: second.url, key: cosignatureVerifier(witnesses[0]?.verifierKey ?? '') }] } });
    const { length } = second.answers;
    const other = new SignedLog(audit, app);
    await other.growAndSign(2);
    await waitFor(() => second.answers.length >= length + 2, { describe: 'an answer after a 409' });
    expect(await signers()).toEqual([ORIGIN]);
    await app.close();
  });
});
