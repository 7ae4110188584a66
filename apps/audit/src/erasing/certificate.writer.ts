import { Inject, Injectable } from '@nestjs/common';
import { acceptedAtOf, erasureOutcome, EVENTS_PUBLISHER, type OutcomeData } from '@posthorn/contracts';
import { BookShelf, type KnownService } from '../books/book.shelf.js';
import { SERVICE } from '../config.js';
import type { Auditor } from '../questions/auditor.js';
import { type Entry, EntryReader } from '../questions/entry.reader.js';
import { type Certificate, type ConnectionView, evidence, type PlaceView, type RequestView } from './certificate.js';
import { remainsOf } from './certificate.remains.js';
import { ErasureReader, type ErasureRow, type StepRow } from './erasure.reader.js';
import { placesOf } from './erasure.places.js';
import { ERASURE_SETTINGS, type ErasureSettings, streamsOf } from './erasure.settings.js';

interface Known {
  steps: readonly StepRow[];
  outcomes: readonly Entry[];
  services: readonly KnownService[];
}

/** Writes down how far an erasure has come, out of what the log has of it. */
@Injectable()
export class CertificateWriter {
  constructor(
    private readonly erasures: ErasureReader,
    private readonly entries: EntryReader,
    private readonly shelf: BookShelf,
    @Inject(ERASURE_SETTINGS) private readonly settings: ErasureSettings,
  ) {}

  /** Undefined when the log has no such erasure (yet), or none at the auditor's sites. */
  async write(auditor: Auditor, id: string): Promise<Certificate | undefined> {
    const rows = await this.erasures.requests(auditor, id);
    // One correlation id may be another site's too, and a certificate is one site's.
    const found = rows.filter(({ site }) => site === rows[0]?.site);
    const [first] = found;
    if (first === undefined) return undefined;
    const [steps, outcomes, services] = await Promise.all([this.erasures.steps(found), this.entries.outcomesAbout(auditor, found.map((row) => row.id)), this.shelf.services()]);
    const requests = found.map((row) => requestView(row, { steps, outcomes, services }));
    const certified = requests.map((request) => request.certified?.at ?? '').sort();
    return {
      id,
      site: first.site,
      cause: first.cause,
      ...(requests.every(({ state }) => state === 'certified') ? { state: 'certified', certifiedAt: certified.at(-1) } : { state: 'open' }),
      requestedAt: acceptedAtOf(first.id).toISOString(),
      events: found.flatMap(({ events }) => Object.values(events)).reduce((sum, count) => sum + count, 0),
      requests,
      remains: remainsOf({
        cause: first.cause,
        requests,
        unable: [...new Set(found.flatMap((row) => row.unable ?? placesOf(asked(row), services).unable))],
        kept: found.reduce((sum, { kept }) => sum + kept, 0),
        streams: streamsOf(this.settings, first.site),
        backupDays: this.settings.backupDays,
      }),
    };
  }
}

const asked = ({ id, events }: ErasureRow): Parameters<typeof placesOf>[0] => ({ id, types: Object.keys(events) });

function requestView(row: ErasureRow, known: Known): RequestView {
  const { id, events, position, certifiedAt, outcomeId, outcomePosition } = row;
  // The log has said it for itself only when that is in the log.
  const certified = certifiedAt === null || outcomeId === null || outcomePosition === null ? undefined : { ...evidence(outcomeId, outcomePosition), at: certifiedAt.toISOString() };
  return { id, state: certified === undefined ? 'open' : 'certified', requestedAt: acceptedAtOf(id).toISOString(), events, entry: evidence(id, position), places: [ownPlace(row), ...otherPlaces(row, known)], certified };
}

/** The log itself: what recorded the request destroyed the keys. */
function ownPlace({ id, position, recordedAt, people, unlisted, missing, kept }: ErasureRow): PlaceView {
  return { place: SERVICE, state: 'erased', at: recordedAt.toISOString(), facts: { people, unlisted, missing, kept }, entry: evidence(id, position), connections: [] };
}

function otherPlaces(row: ErasureRow, { steps, outcomes, services }: Known): PlaceView[] {
  const told = new Map(steps.filter(({ request }) => request === row.id).map((step) => [step.place, step]));
  // Whoever came after it was certified had nothing to do with it.
  const awaited = row.certifiedAt === null ? placesOf(asked(row), services).awaited : [];
  // As the events go: from ingress to everybody else.
  const others = [...new Set([...awaited, ...told.keys()])].filter((place) => place !== EVENTS_PUBLISHER).sort();
  return [EVENTS_PUBLISHER, ...others].map((place): PlaceView => {
    const [step, connections] = [told.get(place), connectionsOf(outcomes.filter((entry) => entry.eventId === row.id && entry.service === place))];
    if (step !== undefined) return { place, state: 'erased', at: step.toldAt.toISOString(), facts: step.facts, entry: evidence(step.entry, step.position), connections };
    return { place, state: 'open', lastHeardOf: services.find(({ service }) => service === place)?.asOf.toISOString(), connections };
  });
}

function connectionsOf(outcomes: readonly Entry[]): ConnectionView[] {
  const newest = new Map<string, ConnectionView>();
  for (const { envelope, position, service } of outcomes) {
    if (service !== undefined && envelope.type === erasureOutcome(service)) continue;
    // An entry with an outcome state is one whose data was read as an outcome's when it was recorded.
    const { connection, provider, state, error } = envelope.data as OutcomeData;
    newest.set(connection, { connection, provider, type: envelope.type, state, at: envelope.time, error, entry: evidence(envelope.id, position) });
  }
  return [...newest.values()];
}
