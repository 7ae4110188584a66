import type { LoggerService } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Problem } from './problem.error.js';

/** Who is told no for who they are, where they come from or how often they come; 422 is about what they sent. */
const REFUSALS = new Set([401, 403, 429]);
const EVERY_MS = 10_000;
/** Codes times routes are bounded, and keys are nearly so; nobody fills the memory by inventing more. */
const MOST = 200;

interface Refused {
  code: string;
  method: string;
  route: string;
  /** The id of the key, where it is one we know. */
  key?: string;
  times: number;
}

/**
 * Notes callers that are turned away, for whoever looks for attacks (ASVS 5.0, 16.3): the first of a kind at once, the
 * others as a number every ten seconds, so that guessing does not fill the disk. No address and no secret.
 */
export class RefusalLog {
  private readonly counted = new Map<string, Refused>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly logger: Pick<LoggerService, 'warn'>) {}

  note({ status, code }: Problem, request: FastifyRequest): void {
    if (!REFUSALS.has(status)) return;
    const kind = { code, method: request.method, route: request.routeOptions.url ?? 'none', key: request.apiKey?.id };
    const name = Object.values(kind).join(' ');
    const known = this.counted.get(name);
    if (known !== undefined) known.times += 1;
    else if (this.counted.size < MOST) this.first(name, { ...kind, times: 0 });
  }

  private first(name: string, refused: Refused): void {
    this.counted.set(name, refused);
    this.tell({ ...refused, times: 1 });
    this.timer ??= setTimeout(() => this.sum(), EVERY_MS).unref();
  }

  private sum(): void {
    const again = [...this.counted.values()].filter(({ times }) => times > 0);
    this.counted.clear();
    this.timer = undefined;
    for (const refused of again) this.tell(refused);
  }

  private tell(refused: Refused): void {
    this.logger.warn({ msg: 'a caller was refused', ...refused });
  }
}
