import { readSignature, type SignedDelivery, signatureOf, type Verification, verifyDelivery, TOLERANCE_SECONDS } from './delivery.verifier.js';
import { bodiesLike, encodingsOf, type Finding, secretsLike } from './mismatch.guesses.js';
import { SCHEMES, type SignatureScheme } from './signature.scheme.js';
import { secretFault } from './signing.secret.js';

/** Why a delivery is not taken for genuine: what explains it, or what is left to check. Empty for one that is. */
export function explainDelivery(scheme: SignatureScheme, delivery: SignedDelivery, { secrets, toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: Verification): Finding[] {
  const usable = secrets.filter((secret) => secretFault(scheme, secret) === undefined);
  const verdict = verifyDelivery(scheme, delivery, { secrets: usable, toleranceSeconds, now });
  if (verdict.genuine) return [];
  switch (verdict.fault) {
    case 'signature-missing':
      return [wrongHeader(scheme, delivery, usable)];
    case 'signature-malformed':
      return [finding(verdict.fault, `The header ${scheme.header} has no signature as the scheme writes it.`, `It should read ${EXAMPLES[scheme.layout](scheme)}; look whether a proxy or the capture has cut or changed it.`)];
    case 'id-missing':
      return [finding(verdict.fault, `The header ${scheme.idHeader ?? ''} is missing, and it is signed.`, 'Capture the request with all of its headers, and let the proxy in front pass them on.')];
    case 'timestamp-missing':
    case 'timestamp-malformed':
      return [finding(verdict.fault, `The time of the signature (${scheme.timestampHeader ?? `t= in ${scheme.header}`}) is missing or no number of seconds.`, 'Capture the request with all of its headers; a time in milliseconds or as text is of another scheme.')];
    case 'timestamp-outside-tolerance':
      return [clock(scheme, delivery, toleranceSeconds, now)];
    case 'signature-mismatch':
      return mismatches(scheme, delivery, secrets);
  }
}

function mismatches(scheme: SignatureScheme, { headers, body }: SignedDelivery, secrets: readonly string[]): Finding[] {
  const read = readSignature(scheme, headers);
  if ('fault' in read) return [];
  for (const { key, finding: ofSecret } of secrets.flatMap((secret) => secretsLike(scheme, secret))) {
    for (const { bytes, finding: ofBody } of bodiesLike(body)) {
      for (const { variant, finding: ofEncoding } of encodingsOf(scheme)) {
        const expected = variant.write(signatureOf({ ...variant, encoding: 'hex' }, key, { ...read, body: bytes }));
        const bare = read.signatures.includes(expected);
        if (!bare && !read.signatures.some((signature) => signature.endsWith(`=${expected}`))) continue;
        const found = [ofSecret, ofBody, ofEncoding, bare ? undefined : prefixed].filter((one) => one !== undefined);
        if (found.length > 0) return found;
      }
    }
  }
  return [
    ...secrets.flatMap((secret): Finding[] => {
      const fault = secretFault(scheme, secret);
      return fault === undefined ? [] : [finding('secret-unusable', `The secret ${fault}.`, 'Copy it anew from where the sender shows it.')];
    }),
    finding('secret-wrong', 'Nothing that is commonly done to a body or a secret explains the signature: most likely it was made with another secret.', 'Copy the secret anew from the settings of this very webhook (each may have one of its own), and give it to Posthorn as it is.'),
    finding('body-changed', 'If the secret is right, the body is not the one that was signed.', 'Take the bytes from the connection itself, before any proxy, plugin or logger has decoded, sorted or filtered them.'),
  ];
}

// The signature may stand in the header of another vendor, or of another name.
function wrongHeader(scheme: SignatureScheme, { headers, body }: SignedDelivery, secrets: readonly string[]): Finding {
  const known = Object.entries(SCHEMES).find(([, other]) => other.header !== scheme.header && headers[other.header] !== undefined);
  if (known !== undefined) {
    return finding('header-of-another', `There is no header ${scheme.header}, but ${known[1].header}, which is how ${known[0]} signs.`, `Use the preset ${known[0]} for this source.`);
  }
  for (const [name, value] of Object.entries(headers)) {
    const verdict = verifyDelivery(scheme, { headers: { ...headers, [scheme.header]: value }, body }, { secrets, toleranceSeconds: Infinity });
    if (verdict.genuine) return finding('header-renamed', `There is no header ${scheme.header}; the right signature stands in ${name}.`, `Have the sender or the proxy call it ${scheme.header}, or use the preset hmac with header: ${name}.`);
  }
  return finding(
    'signature-missing',
    `There is no header ${scheme.header}.`,
    secrets.length === 0 ? 'Give the sender a secret: without one it does not sign.' : 'Look whether the sender has a secret at all (without one many do not sign), and whether a proxy in front drops headers it does not know.',
  );
}

function clock(scheme: SignatureScheme, { headers }: SignedDelivery, toleranceSeconds: number, now: number): Finding {
  const read = readSignature(scheme, headers);
  const seconds = 'fault' in read ? 0 : Math.floor(now / 1_000) - Number(read.timestamp);
  return finding(
    'clock',
    `The signature is genuine, but ${Math.abs(seconds)} seconds ${seconds < 0 ? 'in the future' : 'old'}; ${toleranceSeconds} are allowed.`,
    'For a request captured a while ago that is as it should be (--at checks it for its own time); for one that has just come, set the clocks of both machines by NTP.',
  );
}

const prefixed: Finding = {
  code: 'signature-prefix',
  says: 'The header has a prefix before the signature that the scheme does not know.',
  remedy: 'Use the preset of this very sender, or hmac with the prefix among the signature settings.',
};

const EXAMPLES: Record<SignatureScheme['layout'], (scheme: SignatureScheme) => string> = {
  plain: ({ prefix = '', encoding }) => `${prefix}<${encoding}>`,
  pairs: ({ encoding }) => `t=<seconds>,v1=<${encoding}>`,
  versions: ({ encoding }) => `v1,<${encoding}>`,
};

const finding = (code: string, says: string, remedy: string): Finding => ({ code, says, remedy });
