import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { Describe, type ApiKey, Caller, Problem, RequireKey, RequireScope } from '@posthorn/http';
import { DECIDE, SEES_PERSONAL_DATA } from '../access/key.rights.js';
import { type QuarantineAction, QuarantineDecisions, type Step } from './quarantine.decisions.js';
import { quarantineIdOf, quarantineOrderOf, quarantineQueryOf } from './quarantine.query.js';
import { QuarantineReader } from './quarantine.reader.js';
import type { QuarantineRecord } from './quarantine.record.js';
import { detailOf, type QuarantineDetail, type QuarantineView, viewOf } from './quarantine.view.js';
import { DISCARD_ALL, DISCARD_ONE, LIST_QUARANTINE, RELEASE_ALL, RELEASE_ONE, REPLAY_ALL, REPLAY_ONE, SHOW_QUARANTINED } from './quarantine.openapi.js';

interface Preview extends Step {
  dryRun: true;
  /** Of everything, not of this step. */
  matched: number;
  groups: { site: string; state: string; code: string; matched: number }[];
}

/** What is set aside, for operators: to look at, and to decide. */
@Controller('v1/quarantine')
@RequireKey()
export class QuarantineController {
  constructor(
    private readonly reader: QuarantineReader,
    private readonly decisions: QuarantineDecisions,
  ) {}

  @Get()
  @Describe(LIST_QUARANTINE)
  @RequireScope(DECIDE)
  async list(@Query() parameters: unknown): Promise<{ entries: QuarantineView[]; next: string | null }> {
    const { records, next } = await this.reader.page(quarantineQueryOf(parameters));
    return { entries: records.map(viewOf), next };
  }

  @Get(':id')
  @Describe(SHOW_QUARANTINED)
  @RequireScope(DECIDE)
  async show(@Param('id') id: string, @Caller() operator: ApiKey): Promise<QuarantineDetail> {
    return detailOf(await this.find(id), operator.scopes.includes(SEES_PERSONAL_DATA));
  }

  @Post('release')
  @Describe(RELEASE_ALL)
  @HttpCode(200)
  @RequireScope(DECIDE)
  release(@Body() body: unknown, @Caller() operator: ApiKey): Promise<Step | Preview> {
    return this.order('release', body, operator);
  }

  @Post('replay')
  @Describe(REPLAY_ALL)
  @HttpCode(200)
  @RequireScope(DECIDE)
  replay(@Body() body: unknown, @Caller() operator: ApiKey): Promise<Step | Preview> {
    return this.order('replay', body, operator);
  }

  @Post('discard')
  @Describe(DISCARD_ALL)
  @HttpCode(200)
  @RequireScope(DECIDE)
  discard(@Body() body: unknown, @Caller() operator: ApiKey): Promise<Step | Preview> {
    return this.order('discard', body, operator);
  }

  @Post(':id/release')
  @Describe(RELEASE_ONE)
  @HttpCode(200)
  @RequireScope(DECIDE)
  releaseOne(@Param('id') id: string, @Caller() operator: ApiKey): Promise<QuarantineView> {
    return this.orderOne('release', id, operator);
  }

  @Post(':id/replay')
  @Describe(REPLAY_ONE)
  @HttpCode(200)
  @RequireScope(DECIDE)
  replayOne(@Param('id') id: string, @Caller() operator: ApiKey): Promise<QuarantineView> {
    return this.orderOne('replay', id, operator);
  }

  @Post(':id/discard')
  @Describe(DISCARD_ONE)
  @HttpCode(200)
  @RequireScope(DECIDE)
  discardOne(@Param('id') id: string, @Caller() operator: ApiKey): Promise<QuarantineView> {
    return this.orderOne('discard', id, operator);
  }

  private async order(action: QuarantineAction, body: unknown, operator: ApiKey): Promise<Step | Preview> {
    const { order, dryRun } = quarantineOrderOf(body);
    if (!dryRun) return this.decisions.step(action, order, operator.id);
    const [groups, step] = await Promise.all([this.reader.count(action, order), this.decisions.rehearse(action, order)]);
    return { dryRun, matched: groups.reduce((sum, { matched }) => sum + matched, 0), groups, ...step };
  }

  /** To repeat it does no harm: what is decided that way already is answered as it is. */
  private async orderOne(action: QuarantineAction, id: string, operator: ApiKey): Promise<QuarantineView> {
    const before = await this.find(id);
    await this.decisions.step(action, { ids: [before.id] }, operator.id);
    const after = await this.find(id);
    if (after.state !== DONE[action]) throw undecided(after);
    return viewOf(after);
  }

  private async find(text: string): Promise<QuarantineRecord> {
    const id = quarantineIdOf(text);
    const record = id === undefined ? undefined : await this.reader.find(id);
    if (record === undefined) throw new Problem({ status: 404, code: 'quarantine-unknown', title: 'Nothing is set aside under this id' });
    return record;
  }
}

const DONE = { release: 'released', replay: 'replayed', discard: 'discarded' } as const;

function undecided({ state, reasons, decidedAt }: QuarantineRecord): Problem {
  const detail = decidedAt !== undefined ? `It was ${state} before.` : state === 'held' ? 'It stays held.' : `It is ${state}: it can be replayed once what is wrong is mended, or discarded.`;
  return new Problem({ status: 409, code: 'quarantine-undecided', title: 'This cannot be decided so', detail, errors: viewReasons(reasons) });
}

const viewReasons = (reasons: QuarantineRecord['reasons']): QuarantineRecord['reasons'] | undefined => (reasons.length === 0 ? undefined : reasons);
