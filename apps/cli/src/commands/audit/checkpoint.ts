import { type World } from '../../cli.context.js';
import { misuse } from '../../cli.error.js';
import { addressOf } from '../../client.settings.js';
import { parse } from '../../command.js';
import { demandWitnesses } from '../../verify/checkpoint.js';
import { remember } from '../../verify/checkpoint.folder.js';
import { HttpLog } from '../../verify/log.source.js';
import { compareWithLatest } from './continuation.js';
import { tell } from './report.js';
import { checkpointOf, findingOf, olderIn, rememberedIn, TRUST, trustOf } from './trust.js';

const OPTIONS = { ...TRUST, checkpoint: { type: 'string', multiple: true } } as const;

/** The note itself goes to stdout, so that it can be kept in a file. */
export async function latestCheckpoint(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('audit', args, OPTIONS);
  if (positionals.length > 0) throw misuse(`"${positionals.join(' ')}" is not an option.`, 'audit');
  const trust = trustOf(values, world);
  const folder = rememberedIn(values, trust, world);
  const { older, findings } = olderIn(values.checkpoint ?? [], folder, trust, world);
  const access = addressOf('audit', values, world);
  const json = values.json === true;
  try {
    const checkpoint = await checkpointOf(new HttpLog(access), trust, access.url);
    demandWitnesses(checkpoint, trust);
    findings.push(...(await compareWithLatest(access, checkpoint, older)));
    const { origin, size, root, note } = checkpoint;
    if (findings.length > 0) return tell({ lines: [], findings, unlisted: 0, details: { origin, size } }, json, world);
    remember(folder, checkpoint);
    if (json) return tell({ lines: [], findings, unlisted: 0, details: { origin, size, root: root.toString('base64'), note: note.toString() } }, json, world);
    world.out.write(note.toString());
    world.error.write(`Verified; it goes on from ${older.length === 0 ? 'none, as it is the first' : 'the one before'}. Remembered in ${folder}\n`);
    return 0;
  } catch (error) {
    return tell({ lines: [], findings: [...findings, findingOf(error)], unlisted: 0, details: { origin: trust.origin } }, json, world);
  }
}
