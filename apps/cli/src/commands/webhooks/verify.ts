import { explainDelivery, type Finding, schemeOf, SCHEMES, type SignatureScheme, type SignedPart, TOLERANCE_SECONDS, type VendorName } from '@posthorn/webhooks';
import { painter, type World } from '../../cli.context.js';
import { EXIT, misuse } from '../../cli.error.js';
import { parse, timeOf, writeJson } from '../../command.js';
import { bytesOf, headersIn } from './captured.request.js';

const OPTIONS = {
  preset: { type: 'string' },
  'secret-file': { type: 'string', multiple: true },
  headers: { type: 'string' },
  body: { type: 'string' },
  at: { type: 'string' },
  tolerance: { type: 'string' },
  json: { type: 'boolean' },
  header: { type: 'string' },
  algorithm: { type: 'string' },
  encoding: { type: 'string' },
  layout: { type: 'string' },
  prefix: { type: 'string' },
  signed: { type: 'string' },
  'timestamp-header': { type: 'string' },
  'id-header': { type: 'string' },
  'secret-format': { type: 'string' },
} as const;

type Flags = { readonly [K in keyof typeof OPTIONS]?: string | boolean | string[] };

/** Verifies a captured webhook, and says what is wrong with it. */
export function verify(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('webhooks', args, OPTIONS);
  const { preset, headers, body, 'secret-file': secretFiles = [] } = values;
  if (positionals.length > 0) throw misuse(`What is "${positionals[0] ?? ''}" to be? Files are named by options.`, 'webhooks');
  if (preset === undefined || headers === undefined || body === undefined || secretFiles.length === 0) throw misuse('--preset, --secret-file, --headers and --body are needed.', 'webhooks');
  const scheme = preset === 'hmac' ? genericScheme(values) : vendorScheme(preset);
  const at = timeOf(values.at, 'webhooks');
  // As ingress reads a secret file: the line break at its end is not a part of it. One more is.
  const secrets = secretFiles.map((file) => bytesOf(file, 'secret-file', world).toString('utf8').replace(/\r?\n$/, ''));
  const findings = explainDelivery(
    scheme,
    { headers: headersIn(bytesOf(headers, 'headers', world).toString('utf8')), body: bytesOf(body, 'body', world) },
    { secrets, toleranceSeconds: secondsOf(values.tolerance), ...(at === undefined ? {} : { now: Date.parse(at) }) },
  );
  report(findings, values.json === true, world);
  return Promise.resolve(findings.length === 0 ? EXIT.ok : EXIT.failed);
}

function report(findings: readonly Finding[], json: boolean, world: World): void {
  if (json) {
    writeJson(world, { genuine: findings.length === 0, findings });
    return;
  }
  const paint = painter(world);
  world.out.write(findings.length === 0 ? `${paint('green', 'Genuine.')}\n` : `${paint('red', 'Not genuine.')}\n`);
  for (const { says, remedy } of findings) world.out.write(`- ${says}\n  ${remedy}\n`);
}

function vendorScheme(preset: string): SignatureScheme {
  if (Object.hasOwn(SCHEMES, preset)) return SCHEMES[preset as VendorName];
  throw misuse(`There is no preset "${preset}", but ${Object.keys(SCHEMES).join(', ')} and hmac.`, 'webhooks');
}

function genericScheme(flags: Flags): SignatureScheme {
  const { header } = flags;
  if (typeof header !== 'string') throw misuse('For hmac, --header names the header that has the signature.', 'webhooks');
  const signed = flags.signed === undefined ? undefined : textOf(flags.signed).split(',').map((part) => oneOf<SignedPart>('signed', part, ['id', 'timestamp', 'body']));
  return schemeOf({
    header,
    algorithm: oneOf('algorithm', flags.algorithm, ['sha256', 'sha512'], 'sha256'),
    encoding: oneOf('encoding', flags.encoding, ['hex', 'base64'], 'hex'),
    layout: oneOf('layout', flags.layout, ['plain', 'pairs', 'versions'], 'plain'),
    secret: oneOf('secret-format', flags['secret-format'], ['text', 'base64', 'hex'], 'text'),
    ...(flags.prefix === undefined ? {} : { prefix: textOf(flags.prefix) }),
    ...(signed === undefined ? {} : { signed }),
    ...(flags['timestamp-header'] === undefined ? {} : { timestampHeader: textOf(flags['timestamp-header']) }),
    ...(flags['id-header'] === undefined ? {} : { idHeader: textOf(flags['id-header']) }),
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function oneOf<const T extends string>(option: string, value: unknown, known: readonly T[], otherwise?: T): T {
  if (value === undefined && otherwise !== undefined) return otherwise;
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw misuse(`--${option} is one of ${known.join(', ')}.`, 'webhooks');
}

function secondsOf(text: string | undefined): number {
  if (text === undefined) return TOLERANCE_SECONDS;
  if (!/^\d{1,6}$/.test(text)) throw misuse('--tolerance takes seconds.', 'webhooks');
  return Number(text);
}
