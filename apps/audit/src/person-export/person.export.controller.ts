import { Readable } from 'node:stream';
import { Body, Controller, Headers, Post, Query, Res } from '@nestjs/common';
import { Caller, Describe, type HttpReply, RequireKey, RequireScope } from '@posthorn/http';
import { ExportPlaces } from '../export/export.places.js';
import { PeopleFinder } from '../people/people.finder.js';
import { AccessLog } from '../questions/access.log.js';
import { AsAuditor, Auditor, SEES_PERSONAL_DATA } from '../questions/auditor.js';
import { questionOf } from '../questions/entries.query.js';
import { unknownPerson } from '../questions/people.controller.js';
import { searchOf } from '../questions/people.search.js';
import type { PersonFormat } from './person.export.js';
import { PersonExporter } from './person.exporter.js';
import { PERSON_HTML } from './person.html.js';
import { PERSON_JSON } from './person.json.js';
import { EXPORT_PERSON } from './person.export.openapi.js';
import { personExportQuery } from './person.export.query.js';

const FORMATS: Record<'json' | 'html', PersonFormat> = { json: PERSON_JSON, html: PERSON_HTML };

/** `POST /v1/people/export`: everything the log has about a person, for the person. */
@Controller('v1/people/export')
@RequireKey()
export class PersonExportController {
  constructor(
    private readonly people: PeopleFinder,
    private readonly exporter: PersonExporter,
    private readonly places: ExportPlaces,
    private readonly accesses: AccessLog,
  ) {}

  @Post()
  @Describe(EXPORT_PERSON)
  @RequireScope(SEES_PERSONAL_DATA)
  async export(@Body() body: unknown, @Query() parameters: unknown, @Headers('accept') accepted: string | undefined, @Caller(AsAuditor) auditor: Auditor, @Res() reply: HttpReply): Promise<void> {
    const { format: asked } = questionOf(personExportQuery, parameters);
    const format = asked ?? (accepted?.includes('text/html') === true ? 'html' : 'json');
    const { site, email } = searchOf(body);
    auditor.mustExport(site);
    const found = await this.people.find(auditor, site, email);
    const stream = await this.places.take(async () => {
      await this.accesses.record({ did: 'person.exported', site, facts: { person: found?.pseudonym ?? null, format } }, auditor);
      if (found === undefined) throw unknownPerson();
      return Readable.from(this.exporter.write({ site, email, ...found }, FORMATS[format], auditor), { objectMode: false });
    });
    void reply.status(200).headers(headersOf(format, found?.pseudonym ?? '')).send(stream);
  }
}

function headersOf(format: 'json' | 'html', pseudonym: string): Record<string, string> {
  return {
    'content-type': FORMATS[format].contentType,
    'content-disposition': `attachment; filename="person-${pseudonym}.${format}"`,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'cache-control': 'no-store',
  };
}
