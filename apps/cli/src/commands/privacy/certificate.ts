import { setTimeout as pause } from 'node:timers/promises';
import { painter, type World } from '../../cli.context.js';
import { CliError, EXIT, misuse } from '../../cli.error.js';
import { type Access, accessTo } from '../../client.settings.js';
import { parse, waitSecondsOf } from '../../command.js';
import { call } from '../../http.client.js';
import { harmless, table } from '../../table.js';
import { olderIn, rememberedIn, TRUST, trustOf } from '../audit/trust.js';
import { tell } from '../audit/report.js';
import { proveClaims, type Proving } from './certificate.proofs.js';
import { type Certificate, claimsOf } from './certificate.claims.js';

const OPTIONS = { ...TRUST, wait: { type: 'string' } } as const;
const AGAIN_MS = 2_000;

export async function certificate(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('privacy', args, OPTIONS);
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) throw misuse('Of which erasure? It takes one id.', 'privacy');
  const until = Date.now() + waitSecondsOf(values.wait, 'privacy') * 1_000;
  const trust = trustOf(values, world);
  const { older, findings } = olderIn([], rememberedIn(values, trust, world), trust, world);
  const access = accessTo('audit', values, world);
  const found = await certified(access, id, until);
  if (values.json !== true) world.out.write(shown(found, world));
  const proven = await proveClaims(claimsOf(found), { access, trust, older, until });
  return told(found, { ...proven, findings: [...findings, ...proven.findings] }, values.json === true, world);
}

/** The certificate; with time left, once it is complete. */
async function certified(access: Access, id: string, until: number): Promise<Certificate> {
  for (;;) {
    const found = await call<Certificate>(access, `/v1/erasures/${encodeURIComponent(id)}`).catch((error: unknown) => {
      // A request is recorded moments after it is accepted.
      if (error instanceof CliError && error.status === 404 && Date.now() < until) return undefined;
      throw error;
    });
    if (found !== undefined && (found.state === 'certified' || Date.now() >= until)) return found;
    await pause(AGAIN_MS);
  }
}

function shown({ site, cause, state, events, requestedAt, certifiedAt, requests, remains }: Certificate, world: World): string {
  const paint = painter(world);
  const rows = requests.flatMap(({ places }) =>
    places.flatMap(({ place, state: at, at: when = '', entry, connections }) => [
      [place, at === 'erased' ? paint('green', at) : paint('yellow', at), when, entry === undefined ? '' : String(entry.position)],
      ...connections.map((one) => [`  ${harmless(one.connection)}`, one.state === 'dead' ? paint('red', one.state) : one.state, one.at, String(one.entry.position)]),
    ]),
  );
  return [
    `Erasure at ${site} (${cause}) of ${events} events, requested ${requestedAt}: ${state === 'certified' ? paint('green', `certified ${certifiedAt ?? ''}`) : paint('yellow', 'open')}`,
    '',
    table(['PLACE', 'STATE', 'SINCE', 'ENTRY'], rows),
    ...(remains.length === 0 ? [] : ['What remains:', ...remains.map(({ text }) => `- ${harmless(text)}`), '']),
  ].join('\n');
}

function told(found: Certificate, { proven, unsigned, findings }: Proving, json: boolean, world: World): number {
  const lines = [
    `${proven} entries say so, and are in the log that was signed.`,
    ...(unsigned === 0 ? [] : [`${unsigned} more are younger than the newest checkpoint: ask again in some seconds.`]),
  ];
  const code = tell({ lines, findings, unlisted: 0, details: { certificate: found, proven, unsigned } }, json, world);
  if (code !== EXIT.ok) return code;
  return found.state === 'certified' && unsigned === 0 ? EXIT.ok : EXIT.failed;
}
