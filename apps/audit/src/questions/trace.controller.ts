import { Controller, Get, Param } from '@nestjs/common';
import { Caller, Describe, Problem, RequireKey } from '@posthorn/http';
import { AccessLog } from './access.log.js';
import { AsAuditor, Auditor } from './auditor.js';
import { eventIdOf } from './entries.query.js';
import { type EntryView, EntryViewer } from './entry.view.js';
import { type DeliveryTrace, TraceReader } from './trace.reader.js';
import { TRACE } from './trace.openapi.js';

export interface Trace {
  eventId: string;
  /** From the acceptance over HTTP to the providers' own ids, also of events that this one led to. */
  steps: EntryView[];
  deliveries: DeliveryTrace[];
  related: EntryView[];
  truncated: boolean;
}

/** `GET /v1/trace/{eventId}`: the whole way of one event. */
@Controller('v1/trace')
@RequireKey()
export class TraceController {
  constructor(
    private readonly traces: TraceReader,
    private readonly viewer: EntryViewer,
    private readonly accesses: AccessLog,
  ) {}

  @Get(':eventId')
  @Describe(TRACE)
  async trace(@Param('eventId') text: string, @Caller(AsAuditor) auditor: Auditor): Promise<Trace> {
    const eventId = eventIdOf(text);
    const way = await this.traces.follow(auditor, eventId);
    if (way === undefined) throw unknownEvent();
    await this.accesses.record({ did: 'trace.read', site: way.steps[0]?.envelope.site, eventId, facts: { entries: way.steps.length + way.related.length } }, auditor);
    return {
      eventId,
      steps: await this.viewer.show(way.steps, auditor),
      deliveries: way.deliveries,
      related: await this.viewer.show(way.related, auditor),
      truncated: way.truncated,
    };
  }
}

const unknownEvent = (): Problem =>
  new Problem({
    status: 404,
    code: 'event-unknown',
    title: 'The log has no such event',
    detail: 'An event is recorded within moments of its acceptance; ask again if it was accepted just now.',
  });
