import type { Finding, Proof, Proving } from '../proof.js';
import { CaseMaker, type FuzzCase } from './fuzz.case.js';
import { FuzzJudge } from './fuzz.judge.js';
import { curlOfRequest } from './fuzz.request.js';
import { FuzzStage } from './fuzz.stage.js';
import { WireClient } from './wire.client.js';

const AT_ONCE = 96;
const SHOWN_EVERY = 5_000;
const MOST_SHOWN = 20;
/** A process may grow while caches fill, and by what its busiest moment took. */
const GROWTH_MB = 400;

/** Requests made of the documents at /openapi.json, and answers compared with them. */
export const fuzzProof: Proof = {
  about: 'whatever is sent to ingress, audit and console, nothing is answered with 5xx, nothing breaks their OpenAPI documents, nothing hangs',
  options: {
    requests: { about: 'how many', default: 100_000, least: 1, most: 10_000_000 },
    seed: { about: 'the same requests for the same seed', default: 1, least: 0, most: 1_000_000 },
    only: { about: 'the number of one request to repeat; 0: all', default: 0, least: 0, most: 10_000_000 },
  },
  run: async (proving) => {
    const stage = new FuzzStage();
    try {
      proving.progress('starting Posthorn');
      await stage.start(proving.signal);
      return await new Fuzzing(stage, proving).run();
    } finally {
      await stage.stop();
    }
  },
};

class Fuzzing {
  private readonly complaints: string[] = [];
  private readonly statuses = new Map<string, Map<number, number>>();
  private readonly kinds = new Set<string>();
  private readonly clients: ReadonlyMap<string, WireClient>;
  private readonly maker: CaseMaker;
  private readonly judge: FuzzJudge;
  private sent = 0;
  private hung = 0;

  constructor(
    private readonly stage: FuzzStage,
    private readonly proving: Proving,
  ) {
    const { services, keys } = stage;
    this.clients = new Map(services.map(({ name }) => [name, new WireClient(stage.urlOf(name))]));
    this.maker = new CaseMaker(proving.values['seed'] ?? 1, services, keys);
    this.judge = new FuzzJudge(services, keys.slice(0, 6));
  }

  async run(): Promise<Finding> {
    const { requests = 1, only = 0 } = this.proving.values;
    const last = only > 0 ? only : requests;
    const began = performance.now();
    let next = only > 0 ? only : 1;
    let warm: Record<string, number> | undefined;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next <= last) {
          this.proving.signal.throwIfAborted();
          await this.try(this.maker.make(next++));
          if (this.sent === Math.floor(requests / 10)) warm = await this.stage.memory();
          if (this.sent % SHOWN_EVERY === 0) this.proving.progress(`${this.sent} of ${last} sent, ${this.complaints.length} complaints`);
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    for (const client of this.clients.values()) client.close();
    const memory = await this.stage.memory();
    for (const [name, before] of Object.entries(warm ?? {})) if ((memory[name] ?? 0) > before + GROWTH_MB) this.complaints.push(`${name} had ${before} MB after a tenth of the requests and has ${memory[name] ?? 0} MB now`);
    this.complaints.push(...(await this.stage.unwell()));
    return this.finding({ seconds, warm, memory });
  }

  private async try(one: FuzzCase): Promise<void> {
    const complaints = await this.complaintsAbout(one, one.mutations, true);
    this.sent += 1;
    if (complaints.length === 0) return;
    // The same mistake of an operation is told once, as small as it gets.
    const kind = `${one.place.operation.operationId} ${complaints[0]?.slice(0, 60) ?? ''}`;
    if (this.kinds.has(kind) || this.kinds.size >= MOST_SHOWN) return;
    this.kinds.add(kind);
    const least = await this.shrunk(one);
    const request = this.maker.requestOf(one, least);
    const names = least.map(({ mutation }) => mutation.name).join(', ');
    this.complaints.push(`request ${one.number} (${names === '' ? 'as described' : names}): ${complaints.join('; ')}\n    ${curlOfRequest(request, this.stage.urlOf(request.service), this.stage.keys)}`);
    this.proving.progress(this.complaints.at(-1) ?? '');
  }

  private async complaintsAbout(one: FuzzCase, mutations: FuzzCase['mutations'], counted = false): Promise<string[]> {
    const request = this.maker.requestOf(one, mutations);
    const sent = await this.clients.get(request.service)?.send(request);
    if (sent === undefined) return [];
    if (counted) this.count(request.service, 'answer' in sent ? sent.answer.status : 0);
    if (counted && 'hung' in sent) this.hung += 1;
    return this.judge.complaintsAbout(request, sent);
  }

  /** Without the mutations that it does not need. */
  private async shrunk(one: FuzzCase): Promise<FuzzCase['mutations']> {
    let least = one.mutations;
    for (const each of one.mutations) {
      const fewer = least.filter((other) => other !== each);
      if ((await this.complaintsAbout(one, fewer)).length > 0) least = fewer;
    }
    return least;
  }

  private count(service: string, status: number): void {
    const counts = this.statuses.get(service) ?? new Map<number, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    this.statuses.set(service, counts);
  }

  private finding({ seconds, warm, memory }: { seconds: number; warm: Record<string, number> | undefined; memory: Record<string, number> }): Finding {
    const of = (wanted: (status: number) => boolean): number => [...this.statuses.values()].flatMap((counts) => [...counts]).reduce((sum, [status, count]) => sum + (wanted(status) ? count : 0), 0);
    const rows = [...this.statuses].map(([name, counts]) => [name, ...[2, 3, 4, 5].map((first) => String([...counts].reduce((sum, [status, count]) => sum + (Math.floor(status / 100) === first ? count : 0), 0))), String(counts.get(0) ?? 0), `${warm?.[name] ?? '?'} → ${memory[name] ?? '?'} MB`]);
    const figures = {
      requests: this.sent,
      operations: this.stage.services.reduce((sum, { document }) => sum + Object.values(document.paths).reduce((all, methods) => all + Object.keys(methods).length, 0), 0),
      seconds: Math.round(seconds),
      perSecond: Math.round(this.sent / seconds),
      serverErrors: of((status) => status >= 500 && status !== 503),
      unavailable: of((status) => status === 503),
      hung: this.hung,
      statuses: Object.fromEntries([...this.statuses].map(([name, counts]) => [name, Object.fromEntries([...counts].sort(([a], [b]) => a - b))])),
      memory: { warm, end: memory },
    };
    return { holds: this.complaints.length === 0, complaints: this.complaints, figures, table: [['service', '2xx', '3xx', '4xx', '5xx', 'closed', 'memory'], ...rows] };
  }
}
