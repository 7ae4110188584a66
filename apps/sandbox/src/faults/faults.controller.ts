import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { Problem } from '@posthorn/http';
import { FaultBoard, type ProviderState } from './fault.board.js';
import { faultSchema, PROVIDERS, type ProviderName } from './fault.schema.js';

/** Faults are scripted over HTTP: by tests, and by the page that has a button for each. */
@Controller('sandbox/faults')
export class FaultsController {
  constructor(private readonly board: FaultBoard) {}

  @Get()
  list(): Record<ProviderName, ProviderState> {
    return this.board.list();
  }

  @Put(':provider')
  set(@Param('provider') provider: string, @Body() body: unknown): ProviderState {
    const name = knownProvider(provider);
    const fault = faultSchema.safeParse(body);
    if (!fault.success) {
      throw new Problem({
        status: 422,
        code: 'invalid-fault',
        title: 'This is not a fault the sandbox knows',
        detail: 'The kinds are status, latency, hang, cut, cut-after, garbage, duplicate, rate-limit and down.',
        errors: fault.error.issues.map((issue) => ({
          pointer: `/${issue.path.join('/')}`,
          rule: issue.code,
          message: issue.message,
        })),
      });
    }
    this.board.set(name, fault.data);
    return this.board.list()[name];
  }

  @Delete()
  @HttpCode(204)
  clearAll(): void {
    for (const provider of PROVIDERS) this.board.clear(provider);
  }

  @Delete(':provider')
  @HttpCode(204)
  clear(@Param('provider') provider: string): void {
    this.board.clear(knownProvider(provider));
  }
}

function knownProvider(name: string): ProviderName {
  const provider = PROVIDERS.find((candidate) => candidate === name);
  if (provider) return provider;
  throw new Problem({
    status: 404,
    code: 'unknown-provider',
    title: 'No such provider',
    detail: `The simulated providers are ${PROVIDERS.join(', ')}.`,
  });
}
