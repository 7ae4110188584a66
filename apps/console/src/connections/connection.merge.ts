import { type Backlog, CONNECTION_STATES, type ConnectionReport, type ConnectionsAnswer, type ConnectionState } from '@posthorn/contracts';

/** A connection as all replicas of its service see it together. */
export interface ConnectionView {
  service: string;
  connection: string;
  site: string;
  provider: string;
  /** The worst that any replica says. */
  state: ConnectionState;
  reason?: string;
  openUntil?: string;
  backlog?: Backlog;
  oldestWaiting?: string;
  perSecond?: number;
  /** Until nothing waits, at the rate it last had; null while nobody can know. */
  drainSeconds: number | null;
  checkable: boolean;
  replicas: { instance: string; state: ConnectionState; reason?: string; openUntil?: string }[];
}

type Seen = ConnectionReport & { instance: string };

export function connectionsIn(answers: readonly ConnectionsAnswer[], now = Date.now()): ConnectionView[] {
  const groups = new Map<string, { service: string; seen: Seen[] }>();
  for (const { service, instance, connections } of answers) {
    for (const report of connections) {
      const key = `${service}\n${report.connection}`;
      const group = groups.get(key) ?? { service, seen: [] };
      group.seen.push({ ...report, instance });
      groups.set(key, group);
    }
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { service, seen }]) => merged(service, seen, now));
}

function merged(service: string, seen: Seen[], now: number): ConnectionView[] {
  const ranked = [...seen].sort((a, b) => CONNECTION_STATES.indexOf(b.state) - CONNECTION_STATES.indexOf(a.state));
  const [worst] = ranked;
  if (worst === undefined) return [];
  const counted = seen.find(({ backlog }) => backlog !== undefined);
  const rates = seen.flatMap(({ perSecond }) => perSecond ?? []);
  const perSecond = rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0);
  return [
    {
      service,
      connection: worst.connection,
      site: worst.site,
      provider: worst.provider,
      state: worst.state,
      reason: worst.reason,
      openUntil: worst.openUntil,
      backlog: counted?.backlog,
      oldestWaiting: counted?.oldestWaiting,
      perSecond: perSecond === undefined ? undefined : Math.round(perSecond * 100) / 100,
      drainSeconds: drainSeconds(worst, counted?.backlog, perSecond, now),
      checkable: worst.checkable,
      replicas: seen.map(({ instance, state, reason, openUntil }) => ({ instance, state, reason, openUntil })),
    },
  ];
}

/** What waits behind a person's decision or refused credentials has no time of arrival. */
function drainSeconds({ state, openUntil }: Seen, backlog: Backlog | undefined, perSecond: number | undefined, now: number): number | null {
  if (backlog === undefined) return null;
  const waiting = backlog.pending + backlog.attempting + backlog.retrying + backlog.unknown;
  if (waiting === 0) return 0;
  if (state === 'isolated' || state === 'parked' || perSecond === undefined || perSecond <= 0) return null;
  const closed = openUntil === undefined ? 0 : Math.max(0, Date.parse(openUntil) - now) / 1_000;
  return Math.ceil(closed + waiting / perSecond);
}
