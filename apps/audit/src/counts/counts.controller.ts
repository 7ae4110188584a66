import { Controller, Get, Logger, Query } from '@nestjs/common';
import { Caller, Describe, RequireKey } from '@posthorn/http';
import { AsAuditor, Auditor } from '../questions/auditor.js';
import { countsQuestionOf, timeOfHour } from './counts.query.js';
import { type Counts, CountsReader } from './counts.reader.js';
import { COUNT_ENTRIES } from './counts.openapi.js';

export interface CountsAnswer extends Counts {
  by: 'day' | 'hour';
  /** Whole buckets, in UTC: from when on, and until before. */
  from: string;
  to: string;
}

/** `GET /v1/counts`: how many entries over time, for charts. Numbers only: reading them is logged, and no entry. */
@Controller('v1/counts')
@RequireKey()
export class CountsController {
  private readonly logger = new Logger(CountsController.name);

  constructor(private readonly counts: CountsReader) {}

  @Get()
  @Describe(COUNT_ENTRIES)
  async count(@Query() parameters: unknown, @Caller(AsAuditor) auditor: Auditor): Promise<CountsAnswer> {
    const question = countsQuestionOf(parameters, new Date());
    const counts = await this.counts.read(auditor, question);
    const span = { by: question.by, from: timeOfHour(question.from), to: timeOfHour(question.to) };
    this.logger.log({ msg: 'entries were counted', auditor: auditor.id, ...span, ...question.filter });
    return { ...span, ...counts };
  }
}
