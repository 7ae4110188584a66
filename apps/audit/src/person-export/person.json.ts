import type { ExportedEvent, ExportedPerson, PersonFormat } from './person.export.js';

/** For programs: one object, whose last field tells that it is whole. */
export const PERSON_JSON: PersonFormat = {
  contentType: 'application/json; charset=utf-8',

  head({ site, email, pseudonym, since }: ExportedPerson, origin: string, at: Date): string {
    const head = { log: origin, exportedAt: at.toISOString(), person: { site, email, pseudonym, since: since.toISOString() } };
    return `${JSON.stringify(head).slice(0, -1)},"events":[`;
  },

  events(events: readonly ExportedEvent[], before: number): string {
    return events.map((event, at) => `${before + at === 0 ? '\n' : ',\n'}${JSON.stringify(event)}`).join('');
  },

  end(count: number): string {
    return `\n],"count":${count}}\n`;
  },
};
