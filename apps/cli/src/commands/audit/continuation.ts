import { type Access } from '../../client.settings.js';
import { call } from '../../http.client.js';
import { type Checkpoint } from '../../verify/checkpoint.js';
import { exactBase64 } from '../../verify/exact.base64.js';
import { type Finding } from '../../verify/finding.js';
import { isConsistent } from '../../verify/merkle.proof.js';

/** Whether a checkpoint goes on from the latest older one, by a proof that the log gives. */
export async function compareWithLatest(access: Access, checkpoint: Checkpoint, older: readonly Checkpoint[]): Promise<Finding[]> {
  const latest = older.reduce<Checkpoint | undefined>((most, one) => (most === undefined || one.size > most.size ? one : most), undefined);
  if (latest === undefined) return [];
  const { size, source } = latest;
  if (size > checkpoint.size) return [{ code: 'LOG_CUT', what: `${source} is signed over ${size} entries; now there are ${checkpoint.size}.`, from: checkpoint.size + 1, to: size }];
  const proof = size === checkpoint.size || size === 0 ? [] : await proofBetween(access, size, checkpoint.size);
  if (isConsistent({ older: latest, newer: checkpoint, proof })) return [];
  return [{ code: 'LOG_FORKED', what: `The log gives no proof that its ${checkpoint.size} entries begin with the ${size} of ${source}.` }];
}

async function proofBetween(access: Access, from: number, to: number): Promise<Buffer[]> {
  const { proof } = await call<{ proof?: string[] }>(access, `/v1/consistency?from=${from}&to=${to}`);
  return decodeProof(proof);
}

/** Base64 in its one right spelling; anything else becomes a hash that no proof holds with. */
export function decodeProof(proof: unknown): Buffer[] {
  if (!Array.isArray(proof)) return [];
  return proof.map((hash: unknown) => (typeof hash === 'string' ? exactBase64(hash) : undefined) ?? Buffer.alloc(0));
}
