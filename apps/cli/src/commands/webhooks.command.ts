import { misuse } from '../cli.error.js';
import { type Command } from '../command.js';
import { verify } from './webhooks/verify.js';

const HELP = `posthorn webhooks verify --preset NAME --secret-file FILE --headers FILE --body FILE [options]

Says whether a captured webhook is genuine, and if not what was done to it: another secret, a line break at its end,
whsec_ or base64 taken for text, a body that was parsed and written again, changed line breaks, another encoding,
another header, a clock. It asks nobody and sends nothing.

  --preset NAME          standard-webhooks, woocommerce, shopify, stripe, cal-com, calendly, or hmac
  --secret-file FILE     holds the secret, as the configuration of ingress has it; - is standard input; several: any of them
  --headers FILE         a header a line, "Name: value", as curl -v and delivery logs show them
  --body FILE            the body, byte for byte
  --at TIME              check it for this time rather than for now: 2026-11-22T10:00:00Z, or 90m, 36h, 7d ago
  --tolerance SECONDS    how far the time of the signature may be off (300)
  --json                 for scripts

Of hmac, as the signature settings of a source
  --header NAME          that has the signature
  --algorithm NAME       sha256 (the default) or sha512
  --encoding NAME        hex (the default) or base64
  --layout NAME          plain (the default), pairs for t=…,v1=…, versions for v1,…
  --prefix TEXT          before a plain signature, such as sha256=
  --signed LIST          what is signed, of id,timestamp,body (body)
  --timestamp-header NAME, --id-header NAME
  --secret-format NAME   text (the default), base64 or hex

Exit code 1 when it is not genuine.

Examples
  posthorn webhooks verify --preset woocommerce --secret-file secret.txt --headers headers.txt --body body.json
  posthorn webhooks verify --preset stripe --secret-file secret.txt --headers headers.txt --body body.json --at 2026-11-23T09:13:01Z
  posthorn webhooks verify --preset hmac --header X-Hub-Signature-256 --prefix sha256= --secret-file s --headers h --body b
`;

export const webhooks: Command = {
  name: 'webhooks',
  summary: 'why the signature of a captured webhook is not right',
  help: HELP,
  run([action = '', ...rest], world) {
    if (action !== 'verify') throw misuse(`posthorn webhooks has verify, and no "${action}".`, 'webhooks');
    return verify(rest, world);
  },
};
