import type { Finding, Proof, Proving } from '../proof.js';
import { eventsOf, type MadeUpPerson, personOf } from './erasure.people.js';
import { ErasureStage, type Places, WRITE_AHEAD_LOG } from './erasure.stage.js';
import { needleOf } from './trace.search.js';

const FORGOTTEN = needleOf('forgotten-');
const REMEMBERED = needleOf('remembered-');
const PATIENCE_MS = 900_000;
/** So many of those who will be forgotten are dead letters in the CRM when they are. */
const DEAD = 10;

/** Everybody's data go everywhere; some are forgotten; then every disk is read to the byte. */
export const erasureProof: Proof = {
  about: 'people are forgotten: nothing of them is left in any file, every proof of the log still holds, and nobody else has lost anything',
  options: {
    people: { about: 'how many there are', default: 10_000, least: 30, most: 100_000 },
    forgotten: { about: 'how many of them are forgotten', default: 1_000, least: 11, most: 10_000 },
  },
  run: prove,
};

async function prove({ values: { people = 30, forgotten = 11 }, signal, progress }: Proving): Promise<Finding> {
  const stage = new ErasureStage(signal);
  try {
    progress('starting Posthorn');
    await stage.start();
    return await new ErasureTrial(stage, signal, progress).run(people, Math.min(forgotten, people));
  } finally {
    await stage.stop();
  }
}

class ErasureTrial {
  private readonly complaints: string[] = [];
  private inWriteAheadLog = 0;

  constructor(
    private readonly stage: ErasureStage,
    private readonly signal: AbortSignal,
    private readonly progress: (line: string) => void,
  ) {}

  async run(people: number, forgotten: number): Promise<Finding> {
    const gone = Array.from({ length: forgotten }, (_, at) => personOf(at, 'forgotten'));
    const kept = Array.from({ length: people - forgotten }, (_, at) => personOf(forgotten + at, 'remembered'));
    const events = await this.tell(gone, kept);
    const before = { ...(await this.stage.traces(FORGOTTEN)), [WRITE_AHEAD_LOG]: this.inWriteAheadLog };
    await this.verified('before');

    this.progress(`forgetting ${forgotten} people`);
    const began = performance.now();
    const erasures = await this.stage.erase(gone);
    const askedMs = performance.now() - began;
    await this.until('every erasure certified', async () => {
      const certified = (await this.stage.certificates(erasures.ids)).filter(({ state }) => state === 'certified').length;
      return certified === erasures.ids.length || `${certified} of ${erasures.ids.length} certified`;
    });
    const certifiedMs = performance.now() - began;

    await this.verified('after');
    const file = await this.stage.exportLog('after.ndjson');
    await this.verified('the export', '--export', file);
    this.progress('upkeep: vacuum and checkpoint');
    await this.stage.upkeep();
    this.progress('reading every file');
    const [after, others] = [await this.stage.traces(FORGOTTEN), await this.stage.traces(REMEMBERED)];
    const books = await this.booksBalanced();
    this.judge({ before, after, others });
    if (books.erased === 0) this.complaints.push('the books know of no erased event');
    const figures = { people, forgotten, events, erasedEvents: erasures.events, askedMs: Math.round(askedMs), certifiedMs: Math.round(certifiedMs), before, after, others, books };
    return { holds: this.complaints.length === 0, complaints: this.complaints, figures, table: tableOf(before, after, others) };
  }

  /** Sends everybody's events; those of a few who will be forgotten end as dead letters. */
  private async tell(gone: readonly MadeUpPerson[], kept: readonly MadeUpPerson[]): Promise<number> {
    const eventsOfAll = (people: readonly MadeUpPerson[], first: number) => people.flatMap((person, at) => eventsOf(person, first + at));
    await this.stage.refuseInCrm(true);
    const dead = eventsOfAll(gone.slice(0, DEAD), 0);
    let sent = await this.stage.send(dead, () => undefined);
    await this.settled();
    // Soon: with what comes after it, Postgres removes its oldest part.
    this.inWriteAheadLog = await this.stage.inWriteAheadLog(FORGOTTEN);
    await this.stage.refuseInCrm(false);
    await this.until('dead letters in the books', async () => (await this.stage.books()).dead > 0 || 'the books know of no dead letter yet');
    const rest = [...eventsOfAll(gone.slice(DEAD), DEAD), ...eventsOfAll(kept, gone.length)];
    sent += await this.stage.send(rest, (count) => this.progress(`${count} of ${rest.length} events sent`));
    await this.settled();
    return sent;
  }

  private settled(): Promise<void> {
    return this.until('everything delivered', async () => {
      const remaining = await this.stage.remaining();
      if (remaining === undefined) return 'asking';
      if (remaining.whole?.unrecorded === 0) return true;
      return `still to do: ${remaining.unrelayed} to publish, ${Object.entries(remaining.open).map(([service, count]) => `${service} ${count}`).join(', ')}`;
    });
  }

  private async booksBalanced(): Promise<{ erased: number; missing: number; dead: number }> {
    await this.until('the books to balance', async () => {
      const { missing } = await this.stage.books();
      return missing === 0 || `${missing} events missing in the books`;
    });
    return await this.stage.books();
  }

  private async verified(when: string, ...options: readonly string[]): Promise<void> {
    await this.until('the log to be signed', async () => (await this.stage.signed()) > 0 || 'the log is not signed yet');
    const { code, said } = await this.stage.verify(...options);
    if (code !== 0) this.complaints.push(`the log does not verify, ${when} (exit ${code}): ${said.trim().split('\n').slice(-3).join(' | ')}`);
  }

  private judge({ before, after, others }: Record<'before' | 'after' | 'others', Places>): void {
    for (const [place, times] of Object.entries(after)) if (times > 0) this.complaints.push(`${place}: ${times} traces of people who are forgotten`);
    // A search that finds nothing anywhere proves nothing.
    for (const place of ['Postgres: tables', WRITE_AHEAD_LOG, 'NATS: streams', 'CRM and calendar, and their journals']) {
      if ((before[place] ?? 0) === 0) this.complaints.push(`${place}: nothing was found of anybody beforehand either`);
    }
    for (const place of ['Postgres: tables', 'NATS: streams', 'exports of the audit log', 'CRM and calendar, and their journals']) {
      if ((others[place] ?? 0) === 0) this.complaints.push(`${place}: those who are not forgotten are gone, too`);
    }
  }

  private async until(what: string, look: () => Promise<true | string>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let last = ''; ; ) {
      this.signal.throwIfAborted();
      const answer = await look();
      if (answer === true) return;
      if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1_000} s for ${what}: ${answer}`);
      if (answer !== last) this.progress((last = answer));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

function tableOf(before: Places, after: Places, others: Places): string[][] {
  const number = (count: number | undefined): string => (count ?? 0).toLocaleString('en');
  return [
    ['traces in clear', 'forgotten: before', 'after', 'the others: after'],
    ...Object.keys(before).map((place) => [place, number(before[place]), number(after[place]), number(others[place])]),
  ];
}
