import { Controller, Get, Param, Query } from '@nestjs/common';
import { acceptedAtOf } from '@posthorn/contracts';
import { Caller, Describe, Problem, RequireKey } from '@posthorn/http';
import { AccessLog } from '../questions/access.log.js';
import { AsAuditor, Auditor } from '../questions/auditor.js';
import { cursorAfter, idInCursor } from '../questions/entry.cursor.js';
import type { Certificate } from './certificate.js';
import { CertificateWriter } from './certificate.writer.js';
import { ErasureReader, type ErasureView } from './erasure.reader.js';
import { erasureIdOf, erasuresQueryOf } from './erasures.query.js';
import { LIST_ERASURES, SHOW_CERTIFICATE } from './erasures.openapi.js';

export interface ErasuresPage {
  erasures: ErasureView[];
  /** The cursor of the next page; null on the last one. */
  next: string | null;
}

/** What was to be forgotten, and what became of it. None of it says who it was. */
@Controller('v1/erasures')
@RequireKey()
export class ErasuresController {
  constructor(
    private readonly erasures: ErasureReader,
    private readonly certificates: CertificateWriter,
    private readonly accesses: AccessLog,
  ) {}

  @Get()
  @Describe(LIST_ERASURES)
  async list(@Query() parameters: unknown, @Caller(AsAuditor) auditor: Auditor): Promise<ErasuresPage> {
    const query = erasuresQueryOf(parameters);
    const { cursor, limit, ...filter } = query;
    // One more than asked for tells whether there is a next page.
    const found = await this.erasures.list(auditor, query, limit + 1, cursor === undefined ? undefined : idInCursor(cursor));
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    await this.accesses.record({ did: 'erasures.read', site: filter.site, facts: { filter, erasures: shown.length } }, auditor);
    return {
      erasures: shown.map((erasure) => ({ ...erasure, requestedAt: acceptedAtOf(erasure.id).toISOString() })),
      next: found.length > limit && last !== undefined ? cursorAfter(last.id) : null,
    };
  }

  @Get(':id')
  @Describe(SHOW_CERTIFICATE)
  async certificate(@Param('id') text: string, @Caller(AsAuditor) auditor: Auditor): Promise<Certificate> {
    const id = erasureIdOf(text);
    const certificate = await this.certificates.write(auditor, id);
    if (certificate === undefined) throw unknownErasure();
    const { site, state, requests } = certificate;
    await this.accesses.record({ did: 'certificate.read', site, eventId: requests[0]?.id, facts: { erasure: id, state } }, auditor);
    return certificate;
  }
}

const unknownErasure = (): Problem =>
  new Problem({
    status: 404,
    code: 'erasure-unknown',
    title: 'The log has no such erasure',
    detail: 'A request is recorded within moments of its acceptance; ask again if it was made just now.',
  });
