import { AwsClient } from 'aws4fetch';
import type { StoreSettings } from '../../config.js';
import { CheckpointConflictError } from '../checkpoint.conflict.js';
import type { CheckpointStore } from '../checkpoint.store.js';

const TIMEOUT_MS = 10_000;
const DIGITS = 16;

/**
 * A bucket that speaks S3: an object for each checkpoint, never overwritten, so that the bucket may lock its objects.
 * S3 lists by name from the least: the name begins with what is left of the largest number, so the newest is first.
 */
export class BucketStore implements CheckpointStore {
  readonly name: string;
  private readonly client: AwsClient;
  private readonly url: string;
  private readonly prefix: string;

  constructor({ url, region, accessKeyId, secretAccessKey }: NonNullable<StoreSettings['bucket']>, origin: string) {
    this.url = url.replace(/\/$/, '');
    this.prefix = `${origin}/`;
    this.name = `the bucket ${this.url}`;
    this.client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 });
  }

  async newest(): Promise<string | undefined> {
    const question = new URLSearchParams({ 'list-type': '2', 'max-keys': '1', prefix: this.prefix });
    const answer = await this.ask(`?${question.toString()}`, [200]);
    const key = /<Key>([^<&]+)<\/Key>/.exec(await answer.text())?.[1];
    return key === undefined ? undefined : (await this.ask(`/${key}`, [200])).text();
  }

  async keep(size: number, note: string): Promise<void> {
    const path = `/${this.prefix}${String(Number.MAX_SAFE_INTEGER - size).padStart(DIGITS, '0')}-${size}`;
    const headers = { 'if-none-match': '*', 'content-type': 'text/plain; charset=utf-8' };
    const answer = await this.ask(path, [200, 409, 412], { method: 'PUT', body: note, headers });
    await answer.arrayBuffer();
    if (answer.status !== 200 && (await (await this.ask(path, [200])).text()) !== note) throw new CheckpointConflictError(size, this.name);
  }

  private async ask(path: string, expected: readonly number[], init: RequestInit = {}): Promise<Response> {
    const answer = await this.client.fetch(this.url + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (expected.includes(answer.status)) return answer;
    const code = /<Code>([^<]+)<\/Code>/.exec(await answer.text())?.[1];
    throw new Error(`The bucket answered ${answer.status}${code === undefined ? '' : ` (${code})`}. Look at its address, the key, and what the key may do.`);
  }
}
