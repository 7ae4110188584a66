export { type Fault, type SignedDelivery, signDelivery, TOLERANCE_SECONDS, type Verdict, type Verification, verifyDelivery } from './delivery.verifier.js';
export { explainDelivery } from './mismatch.explainer.js';
export type { Finding } from './mismatch.guesses.js';
export { schemeOf, SCHEMES, type SchemeSettings, type SignatureScheme, type SignedPart, type VendorName } from './signature.scheme.js';
export { secretFault } from './signing.secret.js';
