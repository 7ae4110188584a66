import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anyPorts } from '../../start/port.plan.js';
import { startStack } from '../../start/stack.js';
import { StartError } from '../../start/start.error.js';
import { EXAMPLE_CONFIG } from '../../workspace.js';
import type { Finding, Proof, Proving } from '../proof.js';
import { keyForWordPress, receivedEvents } from './wordpress.posthorn.js';
import { missingForWordPress } from './wordpress.packages.js';
import { WordPressTrial } from './wordpress.trial.js';

/** A real WordPress and a real Posthorn, which is killed while people write to the website. */
export const wordpressProof: Proof = {
  about: 'the WordPress plugin on a real WordPress: what is kept while Posthorn is killed arrives afterwards, once',
  options: { waiting: { about: 'enquiries while Posthorn is away', default: 25, least: 1, most: 1_000 } },
  run: prove,
};

async function prove({ values: { waiting = 1 }, signal, progress }: Proving): Promise<Finding> {
  const missing = missingForWordPress();
  if (missing !== undefined) throw new StartError('SERVER', missing);
  const home = mkdtempSync(join(tmpdir(), 'posthorn-for-wordpress-'));
  progress('starting Posthorn');
  const stack = await startStack({ home, configFile: EXAMPLE_CONFIG, ports: await anyPorts(), restart: false, signal, env: { ...process.env, POSTGRES_URL: '', NATS_URL: '' } });
  try {
    const ingress = stack.process('ingress');
    const url = stack.urls['ingress'] ?? '';
    const trial = new WordPressTrial(
      {
        url,
        key: await keyForWordPress(url, stack.keys.operator),
        away: () => ingress.kill('SIGKILL'),
        back: async () => {
          await ingress.start();
          await ingress.ready();
        },
        received: (mark) => receivedEvents(stack.urls['audit'] ?? '', stack.keys.auditor, mark),
      },
      progress,
    );
    const { complaints, table } = await trial.run(waiting);
    return { holds: complaints.length === 0, complaints, table: [['what happened', 'what became of it'], ...table], figures: { waiting } };
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
