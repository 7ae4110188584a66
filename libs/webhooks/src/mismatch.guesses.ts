import type { SignatureScheme } from './signature.scheme.js';

/** What is wrong with a delivery, and what to do; neither quotes the secret or the body. */
export interface Finding {
  code: string;
  says: string;
  remedy: string;
}

interface SecretGuess {
  key: Uint8Array;
  finding: Finding | undefined;
}

/** The key itself first, then what people and files commonly make of it. */
export function secretsLike(scheme: SignatureScheme, secret: string): SecretGuess[] {
  const trimmed = secret.trim();
  const bare = trimmed.replace(/^whsec_/, '');
  const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');
  const asWritten = scheme.secret === 'text' ? text(secret) : Buffer.from(bare, scheme.secret);
  const guess = (key: Uint8Array, code: string, says: string, remedy: string): SecretGuess => ({ key, finding: { code, says, remedy } });
  return [
    { key: asWritten, finding: secret === trimmed ? undefined : blank },
    ...(secret === trimmed || scheme.secret !== 'text' ? [] : [{ key: text(trimmed), finding: blank }]),
    guess(text(`${secret}\n`), 'secret-newline', 'The sender signs with a line break at the end of the secret.', 'Save the secret at the sender again, without the line break.'),
    ...(scheme.secret === 'base64'
      ? [
          guess(text(trimmed), 'secret-not-decoded', 'The sender signs with the text of the secret rather than with the bytes that its base64 stands for.', 'Where the sender lets you choose, have it decode the secret (without whsec_); otherwise use the preset hmac with secretFormat: text.'),
          guess(text(bare), 'secret-not-decoded', 'The sender signs with the text behind whsec_ rather than with the bytes that its base64 stands for.', 'Where the sender lets you choose, have it decode the secret; otherwise use the preset hmac with secretFormat: text.'),
        ]
      : [
          guess(text(bare), 'secret-prefix', 'The sender signs without the whsec_ that stands before the secret.', 'Give Posthorn the secret without it.'),
          guess(text(`whsec_${bare}`), 'secret-prefix', 'The sender signs with whsec_ before the secret.', 'Give Posthorn the secret with it, as the sender shows it.'),
          guess(Buffer.from(bare, 'base64'), 'secret-base64', 'The sender signs with the bytes that the secret is the base64 of.', 'Use a preset whose secret is base64, such as standard-webhooks, or hmac with secretFormat: base64.'),
          guess(Buffer.from(bare, 'hex'), 'secret-hex', 'The sender signs with the bytes that the secret is the hex of.', 'Use the preset hmac with secretFormat: hex.'),
        ]),
  ].filter(({ key }) => key.length > 0);
}

const blank: Finding = {
  code: 'secret-newline',
  says: 'The secret has a space or a line break at its beginning or end that is not part of it.',
  remedy: 'Write the file without it: printf %s "$SECRET" > file.',
};

interface BodyGuess {
  bytes: Uint8Array;
  finding: Finding | undefined;
}

/** The body as it is, then what editors, loggers and frameworks commonly make of one, undone. */
export function bodiesLike(body: Uint8Array): BodyGuess[] {
  const text = Buffer.from(body).toString('utf8');
  const guesses: BodyGuess[] = [{ bytes: body, finding: undefined }];
  const add = (variant: string, code: string, says: string): void => {
    if (variant !== text) guesses.push({ bytes: Buffer.from(variant, 'utf8'), finding: { code, says, remedy: REMEDIES[code] ?? '' } });
  };
  add(text.replace(/\r?\n$/, ''), 'body-newline', 'A line break was added to the end of the body after it was signed.');
  add(`${text}\n`, 'body-newline', 'A line break at the end of the body was signed and is missing here.');
  add(text.replaceAll('\r\n', '\n'), 'body-crlf', 'The line breaks of the body were changed to CR LF after it was signed.');
  add(text.replaceAll(/\r?\n/g, '\r\n'), 'body-crlf', 'The body was signed with line breaks of CR LF, which are LF here.');
  add(text.replace(/^\uFEFF/, ''), 'body-bom', 'A byte order mark was put before the body after it was signed.');
  for (const written of serialisations(text)) add(written, 'body-reserialised', 'The body was parsed and written as JSON again after it was signed: what was signed says the same in other bytes.');
  return guesses;
}

const REMEDIES: Record<string, string> = {
  'body-newline': 'Capture the bytes themselves (curl --data-binary, not -d; printf, not echo), and let nothing in between add or trim.',
  'body-crlf': 'Capture in binary, and let no editor or version control convert line breaks.',
  'body-bom': 'Save the captured body without a byte order mark.',
  'body-reserialised': 'Verify before parsing, over the raw bytes: no proxy, plugin or framework in front may decode the body.',
};

/** As JavaScript, PHP and Python write it, and indented. */
function serialisations(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const compact = JSON.stringify(value);
  const ascii = escaped(compact);
  const slashes = (json: string): string => json.replaceAll('/', '\\/');
  return [compact, slashes(ascii), slashes(compact), ascii, JSON.stringify(value, undefined, 2), JSON.stringify(value, undefined, 4), slashes(escaped(JSON.stringify(value, undefined, 4))), spaced(value, escaped), spaced(value, (json) => json)];
}

const escaped = (json: string): string => json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

// Python puts a space behind commas and colons.
function spaced(value: unknown, write: (json: string) => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => spaced(item, write)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, item]) => `${write(JSON.stringify(key))}: ${spaced(item, write)}`).join(', ')}}`;
  }
  return write(JSON.stringify(value));
}

interface EncodingGuess {
  variant: Pick<SignatureScheme, 'algorithm' | 'signed'> & { write: (hex: string) => string };
  finding: Finding | undefined;
}

const WRITTEN = { hex: (hex: string) => hex, HEX: (hex: string) => hex.toUpperCase(), base64: (hex: string) => Buffer.from(hex, 'hex').toString('base64'), base64url: (hex: string) => Buffer.from(hex, 'hex').toString('base64url') };

/** The scheme itself first, then its neighbours. */
export function encodingsOf({ algorithm, encoding, signed }: SignatureScheme): EncodingGuess[] {
  const contents: SignatureScheme['signed'][] = [signed, ['body'], ['timestamp', 'body'], ['id', 'timestamp', 'body']];
  const guesses: EncodingGuess[] = [{ variant: { algorithm, signed, write: WRITTEN[encoding] }, finding: undefined }];
  for (const [index, content] of contents.entries()) {
    if (index > 0 && content.join() === signed.join()) continue;
    for (const hash of ['sha256', 'sha512'] as const) {
      for (const [name, write] of Object.entries(WRITTEN)) {
        const differs = [
          ...(name === encoding ? [] : [`is written as ${name === 'HEX' ? 'hex in capitals' : name}, and the scheme says ${encoding}`]),
          ...(hash === algorithm ? [] : [`is made with ${hash}, and the scheme says ${algorithm}`]),
          ...(index === 0 ? [] : [`signs ${content.join('.')}, and the scheme says ${signed.join('.')}`]),
        ];
        if (differs.length === 0) continue;
        guesses.push({
          variant: { algorithm: hash, signed: content, write },
          finding: { code: index === 0 ? 'encoding' : 'signed-content', says: `The signature ${differs.join(', and ')}.`, remedy: 'Use the preset of this very sender, or hmac with signature settings that say so.' },
        });
      }
    }
  }
  return guesses;
}
