import { generateKeyPairSync } from 'node:crypto';
import { type World } from '../../cli.context.js';
import { EXIT, misuse } from '../../cli.error.js';
import { parse, writeJson } from '../../command.js';
import { verifierKeyOf } from '../../verify/signed.note.js';

const ED25519 = 0x01;

/** A new key for a log to sign with, and what others verify it by. */
export async function newKey(args: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse('audit', args, { json: { type: 'boolean' } });
  const [name = ''] = positionals;
  if (positionals.length !== 1 || !/^[^\s+\p{Cc}]{1,255}$/u.test(name)) throw misuse('A key has a name such as example.org/log: the origin of the log, without spaces or "+".', 'audit');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  const id = verifierKeyOf(name, ED25519, raw).id.toString('hex');
  const key = { origin: name, signingKey: seed.toString('hex'), verifierKey: `${name}+${id}+${Buffer.concat([Buffer.of(ED25519), raw]).toString('base64')}` };
  if (values.json === true) writeJson(world, key);
  else {
    world.out.write(`origin        ${key.origin}\nsigning key   ${key.signingKey}\nverifier key  ${key.verifierKey}\n`);
    world.error.write('The signing key is a secret: it belongs among the signingKeys of audit, and nowhere else.\nThe verifier key is for everybody who is to verify the log.\n');
  }
  return Promise.resolve(EXIT.ok);
}
