const BUCKETS = 10;

interface Bucket {
  slot: number;
  total: number;
  hits: number;
}

/** The share of hits among what was counted in the last `windowMs`; memory is constant at any rate. */
export class RollingRate {
  private readonly buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({ slot: -1, total: 0, hits: 0 }));
  private readonly bucketMs: number;

  constructor(windowMs: number) {
    this.bucketMs = windowMs / BUCKETS;
  }

  count(hit: boolean): { total: number; rate: number } {
    const slot = Math.floor(Date.now() / this.bucketMs);
    const bucket = this.buckets[slot % BUCKETS];
    if (bucket !== undefined) {
      if (bucket.slot !== slot) Object.assign(bucket, { slot, total: 0, hits: 0 });
      bucket.total += 1;
      if (hit) bucket.hits += 1;
    }
    const recent = this.buckets.filter((candidate) => candidate.slot > slot - BUCKETS);
    const total = recent.reduce((sum, each) => sum + each.total, 0);
    return { total, rate: total === 0 ? 0 : recent.reduce((sum, each) => sum + each.hits, 0) / total };
  }

  clear(): void {
    for (const bucket of this.buckets) bucket.slot = -1;
  }
}
