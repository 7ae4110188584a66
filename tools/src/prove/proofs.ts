import { defectsProof } from './defects/defects.proof.js';
import { type Proof } from './proof.js';

/** What `npm run prove` can prove, by name. */
export const PROOFS = {
  defects: defectsProof,
} as const satisfies Record<string, Proof>;
