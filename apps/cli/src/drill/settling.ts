import { setTimeout as pause } from 'node:timers/promises';
import { CliError, EXIT } from '../cli.error.js';
import { checkBooks, type BooksVerdict } from './books.check.js';
import { type Finding, judge, type Judgement, noCounts } from './judge.js';
import { type LoadClient } from './load.client.js';
import { type Book, type EventState, type SiteWitness } from './site.witness.js';

export interface Settling {
  client: LoadClient;
  witness: SiteWitness;
  booksBefore: readonly Book[];
  /** Those that answered before anything was broken. */
  services: ReadonlySet<string>;
  /** The first day of the drill. */
  from: string;
  patienceMs: number;
  /** Between two looks, at least. */
  roundMs: number;
  onRound: (judgement: Judgement) => void;
}

const ASKED_AT_MOST = 500;
/** Who answers us answers audit in its next round as well: that which is under way, and a whole one. */
const ROUNDS_TO_HEAR = 3;

/** The UTC day, as the books count. */
export const today = (): string => new Date().toISOString().slice(0, 10);

/** Waits until every accepted event has all its outcomes and the books agree, or patience ends; `settledMs` is null if it never was so. */
export async function untilSettled(settling: Settling): Promise<{ judgement: Judgement; settledMs: number | null }> {
  const { client, patienceMs, roundMs, onRound } = settling;
  const began = performance.now();
  let settledMs: number | null = null;
  const rounds = new Set<string | undefined>();
  for (let calm = 0; ; ) {
    const looked = performance.now();
    const over = looked - began >= patienceMs;
    if (over) client.giveUp();
    try {
      const { judgement, books } = await look(settling, over);
      onRound(judgement);
      const done = client.trying === 0 && judgement.open.length === 0;
      settledMs = done ? (settledMs ?? performance.now() - began) : null;
      // A second success may come after the first: settled is what is so twice.
      calm = done && books.settled ? calm + 1 : 0;
      if (calm === 0) rounds.clear();
      rounds.add(books.round);
      const unheard = rounds.size >= ROUNDS_TO_HEAR ? [] : books.unbooked;
      const settled = done && books.settled && unheard.length === 0;
      if ((settled && calm >= 2) || over) return { judgement: withBooks(judgement, books, unheard), settledMs: settled ? settledMs : null };
    } catch (error) {
      // It may be one of those that are broken just now; a key that is refused will not mend itself.
      if (over || !(error instanceof CliError) || error.exitCode === EXIT.refused) throw error;
    }
    // A long log takes long to read, and audit has other work.
    await pause(Math.max(roundMs, performance.now() - looked));
  }
}

/** One event of each type is asked about, to learn who takes it; in the end, all of which something is missing. */
async function look({ client, witness, booksBefore, services, from }: Settling, last: boolean): Promise<{ judgement: Judgement; books: BooksVerdict }> {
  const now = await witness.books(from, today());
  const accepted = [...client.accepted];
  const newest = new Map(accepted.map(({ type, id }) => [type, id]));
  const states = new Map<string, EventState | undefined>(await witness.states([...newest.values()]));
  const evidence = { accepted, complaints: client.complaints, log: await witness.log(), states, unanswered: client.trying + client.abandoned };
  const asked = [...newest].flatMap(([type, id]) => {
    const state = states.get(id);
    return state === undefined ? [] : [{ type, state }];
  });
  const lastAcceptedAt = accepted.reduce((latest, { acceptedAt }) => (acceptedAt > latest ? acceptedAt : latest), '');
  const books = checkBooks({ before: booksBefore, now, asked, services, lastAcceptedAt });
  const judgement = judge(evidence);
  if (!last || judgement.open.length === 0) return { judgement, books };
  for (const [id, state] of await witness.states(judgement.open.slice(0, ASKED_AT_MOST).map(({ id }) => id))) states.set(id, state);
  return { judgement: judge(evidence), books };
}

/** What the log names counts by name; what only the books know of is lost as well, without names. */
function withBooks(judgement: Judgement, { findings: differing, missing }: BooksVerdict, unheard: readonly string[]): Judgement {
  const { events, services } = judgement;
  const unknown = unheard.map((service): Finding => ({ verdict: 'unexplained', service, why: 'it is in no book yet: whether it should have events of the drill is not known' }));
  const findings = [...differing, ...unknown];
  const all = [...judgement.findings, ...findings];
  for (const { service, verdict } of findings) {
    (services[service] ??= noCounts())[verdict] += 1;
    events[verdict] += 1;
  }
  let unnamed = 0;
  for (const [service, count] of missing) {
    const named = judgement.findings.filter((one) => one.service === service && (one.verdict === 'lost' || one.verdict === 'unexplained'));
    const more = count - new Set(named.map(({ eventId }) => eventId)).size;
    if (more <= 0) continue;
    unnamed = Math.max(unnamed, more);
    (services[service] ??= noCounts()).lost += more;
    all.push({ verdict: 'lost', service, why: `its books miss ${more} events that the log does not name; an audit.books.differ will, if it stays so` });
  }
  // Which of them is not known; so far they were taken for well.
  const moved = Math.min(unnamed, events.ok);
  return { ...judgement, findings: all, events: { ...events, ok: events.ok - moved, lost: events.lost + unnamed } };
}
