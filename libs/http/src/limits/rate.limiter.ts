import type { ApiKey } from '../key.ring.js';
import { networkOf } from './client.network.js';
import { LeasedBucket, type RateLimit, type TokenBank } from './leased.bucket.js';

export interface RateLimiterParts {
  bank: TokenBank;
  limitOfKey: (key: ApiKey) => RateLimit;
  perAddress: RateLimit;
  /** What an address is called in the bank, where nobody should read it. */
  nameOfAddress: (network: string) => string;
}

/** So many callers are remembered; who is forgotten is looked up in the bank again. */
const MOST = 10_000;

/** Whose requests are counted by what. An app that provides one has its requests limited. */
export class RateLimiter {
  private readonly keys = new Map<string, LeasedBucket>();
  private readonly networks = new Map<string, LeasedBucket>();

  constructor(private readonly parts: RateLimiterParts) {}

  ofKey(key: ApiKey): LeasedBucket {
    const id = `${key.site ?? ''}/${key.id}`;
    const known = this.keys.get(id);
    return known ?? this.keep(this.keys, id, `key:${id}`, this.parts.limitOfKey(key));
  }

  ofAddress(address: string): LeasedBucket {
    const network = networkOf(address);
    const known = this.networks.get(network);
    return known ?? this.keep(this.networks, network, `address:${this.parts.nameOfAddress(network)}`, this.parts.perAddress);
  }

  private keep(buckets: Map<string, LeasedBucket>, id: string, name: string, limit: RateLimit): LeasedBucket {
    for (const oldest of buckets.keys()) {
      if (buckets.size < MOST) break;
      buckets.delete(oldest);
    }
    const bucket = new LeasedBucket(name, limit, this.parts.bank);
    buckets.set(id, bucket);
    return bucket;
  }
}
