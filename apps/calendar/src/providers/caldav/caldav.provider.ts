import { type ReportRateLimit, RetryableError } from '@posthorn/resilience';
import type { CalendarCall, CalendarEntry, CalendarProvider, Kept, NeutralEntry, TimeRange } from '../../calendar.provider.js';
import { busyTimes } from './busy-times.js';
import { CalDavClient, type StoredObject } from './caldav.client.js';
import type { CalDavOptions } from './caldav.options.js';
import { CalendarObject } from './calendar-object.js';

/** How often a change that somebody else's change got in the way of is tried again within one attempt. */
const MAX_ROUNDS = 4;

type Facts = Record<string, string | number | boolean>;

/** Any CalDAV server (RFC 4791): Nextcloud, Radicale, Baïkal, iCloud, Fastmail, and the sandbox. */
export class CalDavProvider implements CalendarProvider {
  private readonly client: CalDavClient;

  constructor(options: CalDavOptions, traceHeaders: () => Record<string, string>, reportRateLimit: ReportRateLimit = () => undefined) {
    this.client = new CalDavClient(options, traceHeaders, reportRateLimit);
  }

  /** Tried blind: in nearly every case nothing is there, and the condition makes a repeat harmless. */
  async create(entry: CalendarEntry, { signal }: CalendarCall): Promise<Kept> {
    const href = this.client.hrefOf(entry.uid);
    if ((await this.client.create(href, CalendarObject.create(entry).toString(), signal)) === 'written') return { externalId: href };
    return this.bringTo(entry, signal);
  }

  async move(entry: CalendarEntry, { signal }: CalendarCall): Promise<Kept> {
    return this.bringTo(entry, signal);
  }

  /** Deleted, not marked STATUS:CANCELLED: most programs go on showing such an entry as if it took place. */
  async cancel({ uid }: Pick<CalendarEntry, 'uid'>, { signal }: CalendarCall): Promise<Kept> {
    const href = this.client.hrefOf(uid);
    if (await this.client.delete(href, signal)) return { externalId: href };
    const elsewhere = await this.findElsewhere(uid, signal);
    if (!elsewhere) return { externalId: href, facts: { alreadyGone: true } };
    await this.client.delete(elsewhere.href, signal);
    return { externalId: elsewhere.href };
  }

  async erase(entry: NeutralEntry, { signal }: CalendarCall): Promise<boolean> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const stored = (await this.client.read(this.client.hrefOf(entry.uid), signal)) ?? (await this.findElsewhere(entry.uid, signal));
      if (stored === undefined || CalendarObject.parse(stored.ics)?.isNeutral(entry) === true) return round > 0;
      await this.neutralise(stored, entry, signal);
    }
    throw new RetryableError('CALENDAR_NOT_ERASED', 'The calendar still shows what was erased, or somebody writes it again each time');
  }

  async freeBusy(range: TimeRange, { signal }: CalendarCall): Promise<TimeRange[]> {
    const objects = await this.client.findBetween(range, signal);
    return busyTimes(objects.map(({ ics }) => ics), range);
  }

  async check({ signal }: CalendarCall): Promise<void> {
    await this.client.lookAtCollection(signal);
  }

  /** Reads what is there and writes what is missing, until both agree. Every write is conditional. */
  private async bringTo(entry: CalendarEntry, signal: AbortSignal): Promise<Kept> {
    const own = this.client.hrefOf(entry.uid);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const stored = (await this.client.read(own, signal)) ?? (await this.findElsewhere(entry.uid, signal));
      const kept = stored ? await this.change(stored, entry, signal) : await this.createAt(own, entry, signal);
      if (kept) return kept;
    }
    throw new RetryableError('CALENDAR_CONTENDED', 'The entry was changed by somebody else each time it was to be changed');
  }

  private async createAt(href: string, entry: CalendarEntry, signal: AbortSignal): Promise<Kept | undefined> {
    const written = await this.client.create(href, CalendarObject.create(entry).toString(), signal);
    return written === 'written' ? { externalId: href, facts: { wasUnknown: true } } : undefined;
  }

  private async change(stored: StoredObject, entry: CalendarEntry, signal: AbortSignal): Promise<Kept | undefined> {
    const object = CalendarObject.parse(stored.ics);
    const kept = (facts?: Facts): Kept => ({ externalId: stored.href, facts });
    if (object?.says(entry)) return kept({ unchanged: true });
    if (object?.isNewerThan(entry)) return kept({ superseded: true });
    const changed = object?.holds(entry.uid) ? object : CalendarObject.create(entry);
    if (changed === object) changed.change(entry);
    const written = await this.client.replace(stored, changed.toString(), signal);
    return written === 'written' ? kept() : undefined;
  }

  /** What cannot be read is replaced: it may say anything. */
  private async neutralise(stored: StoredObject, entry: NeutralEntry, signal: AbortSignal): Promise<void> {
    const object = CalendarObject.parse(stored.ics);
    const kept = object?.holds(entry.uid) ? object : CalendarObject.create(entry);
    kept.neutralise(entry);
    await this.client.replace(stored, kept.toString(), signal);
  }

  /** Servers may ignore the filter or match loosely, so the UID is compared here again. */
  private async findElsewhere(uid: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    const found = await this.client.findByUid(uid, signal);
    return found.find(({ ics }) => CalendarObject.parse(ics)?.holds(uid));
  }
}
