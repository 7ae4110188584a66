import { Injectable } from '@nestjs/common';

/** Answers `undefined` when all is well, else the reason in words an operator understands. */
export type HealthCheck = () => Promise<string | undefined> | string | undefined;

export interface HealthReport {
  ready: boolean;
  reasons: { name: string; reason: string }[];
  /** What is unwell and keeps nobody from their work; only where there is something. */
  remarks?: { name: string; reason: string }[];
}

const CHECK_DEADLINE_MS = 2_000;

/** Collects why this process is not ready. A check that hangs or throws counts as unwell. */
@Injectable()
export class HealthRegistry {
  private readonly checks = new Map<string, HealthCheck>();
  private readonly asides = new Map<string, HealthCheck>();

  /** A second check under the same name replaces the first. */
  register(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** Said in the report, without being a reason against it. */
  remark(name: string, check: HealthCheck): void {
    this.asides.set(name, check);
  }

  async report(): Promise<HealthReport> {
    const [reasons, remarks] = await Promise.all([unwellIn(this.checks), unwellIn(this.asides)]);
    return { ready: reasons.length === 0, reasons, ...(remarks.length === 0 ? {} : { remarks }) };
  }
}

async function unwellIn(checks: ReadonlyMap<string, HealthCheck>): Promise<{ name: string; reason: string }[]> {
  const answers = await Promise.all([...checks].map(async ([name, check]) => ({ name, reason: await answerOf(check) })));
  return answers.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
}

async function answerOf(check: HealthCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`did not answer within ${CHECK_DEADLINE_MS} ms`), CHECK_DEADLINE_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(check), deadline]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
