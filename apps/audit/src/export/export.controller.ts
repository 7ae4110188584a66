import { Readable } from 'node:stream';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { Caller, Describe, type HttpReply, RequireKey } from '@posthorn/http';
import { AccessLog } from '../questions/access.log.js';
import { AsAuditor, Auditor } from '../questions/auditor.js';
import { EntryScan } from './entry.scan.js';
import { ExportCheckpoints } from './export.checkpoints.js';
import { ExportPlaces } from './export.places.js';
import { exportQuestionOf } from './export.query.js';
import { Exporter } from './exporter.js';
import { EXPORT_LOG } from './export.openapi.js';

/** Who takes nothing for so long has gone: the place is for others. */
const STALLED_AFTER_MS = 300_000;

/** `GET /v1/export`: the log, or what of it passes a filter, in one answer as large as it has to be. */
@Controller('v1/export')
@RequireKey()
export class ExportController {
  constructor(
    private readonly checkpoints: ExportCheckpoints,
    private readonly scan: EntryScan,
    private readonly exporter: Exporter,
    private readonly places: ExportPlaces,
    private readonly accesses: AccessLog,
  ) {}

  @Get()
  @Describe(EXPORT_LOG)
  async export(@Query() parameters: unknown, @Caller(AsAuditor) auditor: Auditor, @Res() reply: HttpReply): Promise<void> {
    const question = exportQuestionOf(parameters);
    const { format: name, filter, resumed: { after = 0 } = {} } = question;
    const format = this.exporter.formatNamed(name);
    auditor.mustExport(filter.site);
    const stream = await this.places.take(async () => {
      const of = { ...(await this.checkpoints.of(question)), filter, auditor };
      const about = await this.scan.estimate(filter, { after, until: of.size });
      await this.accesses.record({ did: 'log.exported', site: filter.site, eventId: filter.event, facts: { format: name, filter, size: of.size, after } }, auditor);
      reply.headers({
        'content-type': format.contentType,
        'content-disposition': `attachment; filename="posthorn-log-${of.size}.${name}"`,
        'posthorn-checkpoint': Buffer.from(of.checkpoint).toString('base64url'),
        'posthorn-log-size': String(of.size),
        'posthorn-entries-estimate': String(about),
      });
      return Readable.from(this.exporter.write(of, format, after), { objectMode: false });
    });
    reply.raw.setTimeout(STALLED_AFTER_MS, () => stream.destroy());
    void reply.send(stream);
  }
}
