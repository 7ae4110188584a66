import { Controller, Get, Header, Res } from '@nestjs/common';
import { HealthRegistry, type HealthReport } from './health.registry.js';
import { Metrics } from './metrics.registry.js';

interface Reply {
  status(code: number): unknown;
}

/** For orchestrators and Prometheus; reveals nothing but names of dependencies and figures. */
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthRegistry,
    private readonly metrics: Metrics,
  ) {}

  /** Alive as long as the event loop turns; dependencies do not matter here, or a restart storm follows. */
  @Get('live')
  live(): { live: true } {
    return { live: true };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<HealthReport> {
    const report = await this.health.report();
    if (!report.ready) reply.status(503);
    return report;
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async exposition(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
