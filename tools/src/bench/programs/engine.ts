import { openSync, writeSync } from 'node:fs';
import { type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { engineModule } from '../../engine/engine.module.js';
import { answerParent, now, setting } from './parent.js';

// The delivery engine as a process of its own. Its provider answers after CALL_MS and, where CALLS_FILE names a file,
// writes each call's begin and end there at once, so that a kill -9 takes nothing of it along.
const callMs = Number(process.env['CALL_MS'] ?? 0);
const record = process.env['CALLS_FILE'];
const file = record === undefined ? undefined : openSync(record, 'a');
const concurrency = Number(setting('CALLS_AT_ONCE'));

let calls = 0;
let firstAt: number | undefined;
const note = (what: '+' | '-', deliveryId: string, attempt: number): void => {
  if (file !== undefined) writeSync(file, `${what} ${deliveryId} ${attempt} ${now().toFixed(3)}\n`);
};

const quiet: Partial<NestApplicationOptions> = { logger: false };
const app = await NestFactory.createApplicationContext(
  engineModule({
    databaseUrl: setting('ENGINE_URL'),
    connections: setting('CONNECTIONS').split(',').map((id) => ({ id, site: 'acme', guard: { concurrency, deadlineMs: 2_000 } })),
    provider: async ({ deliveryId, attempt }) => {
      firstAt ??= now();
      note('+', deliveryId, attempt);
      if (callMs > 0) await new Promise((resolve) => setTimeout(resolve, callMs));
      calls += 1;
      note('-', deliveryId, attempt);
    },
  }),
  quiet,
);

answerParent({
  ready: () => true,
  /** Since the question before. */
  take: () => {
    const taken = { calls, firstAt };
    calls = 0;
    firstAt = undefined;
    return taken;
  },
  close: () => app.close(),
});
