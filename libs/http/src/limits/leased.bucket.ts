/** Tokens that come back at a steady rate, up to as many as the bucket holds. */
export interface RateLimit {
  perSecond: number;
  /** The most that may come at once. */
  burst: number;
}

/** What all replicas have together, where they can reach it. */
export interface TokenBank {
  /** Takes what is wanted out of the bucket, or as much as there is, and nothing if that is less than `atLeast`. May take a portion more, to go on with. Undefined when it cannot be reached. */
  lease(bucket: string, limit: RateLimit, wanted: number, atLeast: number): Promise<Lease | undefined>;
}

export interface Lease {
  granted: number;
  /** What is in the bucket after it. */
  left: number;
}

/** Taken, or how long it takes for what is missing to come back. `Infinity`: it is more than the bucket ever holds. */
export type Verdict = { taken: true } | { taken: false; waitMs: number };

type Resolve = (verdict: Verdict) => void;

const TAKEN: Verdict = { taken: true };
/** Who floods us makes this many statements a second and no more, on each replica. */
const ASK_AGAIN_MS = 50;
const AWAY_MS = 1_000;

/** One replica's part of a bucket. What it spends was taken out of the bank before, so that together they never spend more than there is. */
export class LeasedBucket {
  private portion = 0;
  private left: number;
  private leftAt: number;
  private emptyUntil = 0;
  private uncountedUntil = 0;
  private waiting: Resolve[] = [];
  private asking = false;

  constructor(
    private readonly name: string,
    readonly limit: RateLimit,
    private readonly bank: TokenBank,
    private readonly now: () => number = Date.now,
  ) {
    this.left = limit.burst;
    this.leftAt = now();
  }

  /** Out of the portion at once, or as soon as the bank has answered. */
  take(): Verdict | Promise<Verdict> {
    if (this.portion > 0) {
      this.portion -= 1;
      return TAKEN;
    }
    if (this.now() < this.uncountedUntil) return TAKEN;
    if (this.now() < this.emptyUntil) return this.refusal(1);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (!this.asking) void this.askForAll();
    });
  }

  /** All of them or none. */
  async takeMany(tokens: number): Promise<Verdict> {
    if (tokens > this.limit.burst) return { taken: false, waitMs: Infinity };
    const own = Math.min(this.portion, tokens);
    this.portion -= own;
    if (own === tokens || this.now() < this.uncountedUntil) return TAKEN;
    const granted = await this.ask(tokens - own, tokens - own);
    if (granted === undefined) return TAKEN;
    const enough = granted >= tokens - own;
    this.portion += enough ? granted - (tokens - own) : own + granted;
    return enough ? TAKEN : this.refusal(tokens);
  }

  /** What was taken and need not have been. */
  giveBack(): void {
    this.portion += 1;
  }

  /** About how many there are: other replicas spend them too. */
  get remaining(): number {
    const back = ((this.now() - this.leftAt) / 1_000) * this.limit.perSecond;
    return Math.floor(Math.min(this.limit.burst, this.portion + this.left + back));
  }

  private async askForAll(): Promise<void> {
    this.asking = true;
    while (this.waiting.length > 0) {
      const all = this.waiting;
      this.waiting = [];
      const granted = (await this.ask(Math.min(all.length, this.limit.burst), 1)) ?? all.length;
      const served = Math.min(granted, all.length);
      this.portion += granted - served;
      if (served < all.length) this.emptyUntil = this.now() + ASK_AGAIN_MS;
      all.forEach((resolve, index) => resolve(index < served ? TAKEN : this.refusal(1)));
    }
    this.asking = false;
  }

  /** Undefined when the bank is away. Nothing is counted then: what cannot be counted cannot be stored either, and is refused for that. */
  private async ask(wanted: number, atLeast: number): Promise<number | undefined> {
    const lease = await this.bank.lease(this.name, this.limit, wanted, atLeast);
    if (lease === undefined) {
      this.uncountedUntil = this.now() + AWAY_MS;
      return undefined;
    }
    this.left = lease.left;
    this.leftAt = this.now();
    return lease.granted;
  }

  private refusal(tokens: number): Verdict {
    return { taken: false, waitMs: (Math.max(1, tokens - this.remaining) / this.limit.perSecond) * 1_000 };
  }
}
