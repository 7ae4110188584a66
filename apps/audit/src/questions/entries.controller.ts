import { Controller, Get, Query } from '@nestjs/common';
import { Caller, Describe, RequireKey } from '@posthorn/http';
import { AccessLog } from './access.log.js';
import { AsAuditor, Auditor } from './auditor.js';
import { entriesQueryOf } from './entries.query.js';
import { cursorAfter, idInCursor } from './entry.cursor.js';
import type { EntryFilter } from './entry.filter.js';
import { type Entry, EntryReader } from './entry.reader.js';
import { type EntryView, EntryViewer } from './entry.view.js';
import { LIST_ENTRIES } from './entries.openapi.js';

export interface EntriesPage {
  entries: EntryView[];
  /** The cursor of the next page; null on the last one. A page of a text can be short, or empty, and not the last. */
  next: string | null;
}

/** `GET /v1/entries`: the log, newest first. */
@Controller('v1/entries')
@RequireKey()
export class EntriesController {
  constructor(
    private readonly entries: EntryReader,
    private readonly viewer: EntryViewer,
    private readonly accesses: AccessLog,
  ) {}

  @Get()
  @Describe(LIST_ENTRIES)
  async list(@Query() parameters: unknown, @Caller(AsAuditor) auditor: Auditor): Promise<EntriesPage> {
    const { cursor, limit, ...filter } = entriesQueryOf(parameters);
    const before = cursor === undefined ? undefined : idInCursor(cursor);
    // One more than asked for tells whether there is a next page.
    const { entries: found, lookedTo } = await this.find(auditor, filter, limit + 1, before);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    await this.accesses.record({ did: 'entries.read', site: filter.site, eventId: filter.event, facts: { filter, entries: shown.length, from: shown[0]?.envelope.id, to: last?.envelope.id } }, auditor);
    return {
      entries: await this.viewer.show(shown, auditor),
      next: found.length > limit && last !== undefined ? cursorAfter(last.envelope.id) : lookedTo === undefined ? null : cursorAfter(lookedTo),
    };
  }

  private async find(auditor: Auditor, { text, ...filter }: EntryFilter, limit: number, before: string | undefined): Promise<{ entries: Entry[]; lookedTo?: string }> {
    return text === undefined ? { entries: await this.entries.page(auditor, filter, limit, before) } : this.entries.search(auditor, { ...filter, text }, limit, before);
  }
}
