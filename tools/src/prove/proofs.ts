import { brokerProof } from './broker/broker.proof.js';
import { crashProof } from './crash/crash.proof.js';
import { defectsProof } from './defects/defects.proof.js';
import { erasureProof } from './erasure/erasure.proof.js';
import { fuzzProof } from './fuzz/fuzz.proof.js';
import { type Finding, type Proof } from './proof.js';
import { outageProof } from './outage/outage.proof.js';
import { replicasProof } from './replicas/replicas.proof.js';
import { sequencerProof } from './sequencer/sequencer.proof.js';
import { slowClientsProof } from './slow-clients/slow-clients.proof.js';
import { wordpressProof } from './wordpress/wordpress.proof.js';

/** What `npm run prove` can prove, by name. */
export const PROOFS = {
  broker: brokerProof,
  crash: crashProof,
  defects: defectsProof,
  erasure: erasureProof,
  fuzz: fuzzProof,
  outage: outageProof,
  replicas: replicasProof,
  sequencer: sequencerProof,
  'slow-clients': slowClientsProof,
  wordpress: wordpressProof,
} as const satisfies Record<string, Proof>;

/** One of the proofs, for a test that runs its short version. */
export function provePromise(name: keyof typeof PROOFS, values: Readonly<Record<string, number>>): Promise<Finding> {
  return PROOFS[name].run({ values, signal: new AbortController().signal, progress: () => undefined });
}
