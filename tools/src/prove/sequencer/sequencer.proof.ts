import type { Finding, Proof, Proving } from '../proof.js';
import { LogStage } from './log.stage.js';
import { judgeLog } from './log.verdict.js';

const PATIENCE_MS = 120_000;
/** A standby goes on as soon as Postgres has noticed that the lock's owner is gone. */
const TAKEN_OVER_WITHIN_MS = 10_000;

/** Kills whichever replica of audit is appending to the log, again and again, while more comes than it can record. */
export const sequencerProof: Proof = {
  about: 'kill -9 of the replica of audit that is appending, under load, with another standing by: no gap, no fork, nothing lost',
  options: { kills: { about: 'how often', default: 50, least: 1, most: 10_000 } },
  run: prove,
};

async function prove({ values: { kills = 1 }, signal, progress }: Proving): Promise<Finding> {
  const stage = new LogStage();
  try {
    await stage.start();
    stage.feed();
    const idle: number[] = [];
    for (let kill = 1; kill <= kills; kill += 1) {
      signal.throwIfAborted();
      idle.push(await stage.killWriter(PATIENCE_MS));
      progress(`killed ${kill} of ${kills}; ${stage.sent.length.toLocaleString('en')} events sent`);
    }
    await stage.settle(PATIENCE_MS);
    const verdict = judgeLog(stage.sent, await stage.entries(), await stage.signed());
    const longestIdleMs = Math.round(Math.max(...idle));
    const wrong: [number, string][] = [
      [verdict.lost, 'events are not in the log'],
      [verdict.twice, 'entries are there twice'],
      [verdict.gaps, 'positions do not follow on the one before'],
      [verdict.forked, 'checkpoints are not the beginning of the log'],
      [idle.filter((ms) => ms > TAKEN_OVER_WITHIN_MS).length, `times nothing was appended for more than ${TAKEN_OVER_WITHIN_MS / 1_000} s`],
      [verdict.checkpoints === 0 ? 1 : 0, 'log was never signed'],
    ];
    return {
      holds: wrong.every(([count]) => count === 0),
      complaints: wrong.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}.`),
      figures: { kills, ...verdict, sent: stage.sent.length, longestIdleMs },
      table: [
        ['killed while appending', String(kills), ''],
        ['entries', verdict.entries.toLocaleString('en'), `${verdict.lost} lost, ${verdict.twice} twice`],
        ['gaps', String(verdict.gaps), ''],
        ['checkpoints', verdict.checkpoints.toLocaleString('en'), `${verdict.forked} of another log`],
        ['longest without an entry after a kill', `${longestIdleMs} ms`, ''],
      ],
    };
  } finally {
    await stage.stop();
  }
}
