export type SimulatedProvider = 'hubspot' | 'smtp' | 'caldav';

interface Started {
  readonly url: string;
  stop(): Promise<void>;
}

/** The simulated providers, as their clients see them: sockets, nothing else. */
export class TestSandbox {
  constructor(private readonly sandbox: Started) {}

  get url(): string {
    return this.sandbox.url;
  }

  stop(): Promise<void> {
    return this.sandbox.stop();
  }

  async setFault(provider: SimulatedProvider, fault: Record<string, unknown>): Promise<void> {
    await this.ask(`faults/${provider}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) });
  }

  async mend(): Promise<void> {
    await this.ask('faults', { method: 'DELETE' });
  }

  /** What a provider has on record. */
  async recordsOf<Records>(kind: string): Promise<Records> {
    return (await this.ask(`records/${kind}`)).json() as Promise<Records>;
  }

  /** No faults, and nothing on record. */
  async clear(kind: string): Promise<void> {
    await this.mend();
    await this.ask(`records/${kind}`, { method: 'DELETE' });
  }

  private async ask(path: string, init?: RequestInit): Promise<Response> {
    const answer = await fetch(`${this.url}/sandbox/${path}`, init);
    if (!answer.ok) throw new Error(`The sandbox refused ${init?.method ?? 'GET'} ${path}: ${await answer.text()}`);
    return answer;
  }
}

/** The sandbox is an app, and nobody imports an app: it is named by its place. */
export async function startSandbox(): Promise<TestSandbox> {
  const place = new URL('../../../../apps/sandbox/src/sandbox.test-kit.ts', import.meta.url).pathname;
  const kit = (await import(/* @vite-ignore */ place)) as { startSandbox(): Promise<Started> };
  return new TestSandbox(await kit.startSandbox());
}
