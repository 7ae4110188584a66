import { misuse } from '../cli.error.js';
import { type Command, COMMON_HELP } from '../command.js';
import { check } from './keys/check.js';
import { create } from './keys/create.js';
import { list } from './keys/list.js';
import { revoke, rotate } from './keys/change.js';

const HELP = `posthorn keys create ID --kind KIND [options]
posthorn keys list [--site ID] [--kind KIND]
posthorn keys rotate ID [--overlap HOURS]
posthorn keys revoke ID [--yes]
posthorn keys check [--file FILE]

Makes, lists, exchanges and revokes keys at ingress, with the key of an operator who may (keys:manage).

  create   makes a key and writes it to standard output, once: nobody can show it again
  rotate   gives a key a new secret, likewise; the old one counts for 24 hours yet, or --overlap
  revoke   ends it, within two seconds everywhere
  check    says whether a key is whole, from its check part alone; asks nobody. It is asked for, or read from a file

  --kind KIND            secret (a server), browser (pages), webhook (another system), auditor, operator
  --site ID              whose events: for secret, browser, webhook
  --scopes LIST          of a secret: events:write,events:read,privacy:erase; of an operator: console:operate,
                         quarantine:decide,quarantine:personal-data,keys:manage
  --types LIST           event types it submits, and no other: lead.submitted,order.paid
  --origins LIST         of a browser's: https://www.acme.example
  --sites LIST, --personal-data, --export   of an auditor's
  --expires TIME         2027-01-31T00:00:00Z
  --overlap HOURS        for which the old secret counts; 0 ends it at once
  --yes                  do not ask
  --file FILE            holds the key to check; - is standard input
${COMMON_HELP}
The operator's key comes from POSTHORN_OPERATOR_KEY. Lists have commas between.

Examples
  posthorn keys create acme-website --kind browser --site acme --types lead.submitted --origins https://www.acme.example
  posthorn keys create acme-backend --kind secret --site acme > acme.key
  posthorn keys rotate acme-backend --overlap 48 > acme.key
  posthorn keys check --file acme.key
`;

const ACTIONS: Record<string, Command['run']> = { create, list, rotate, revoke, check };

export const keys: Command = {
  name: 'keys',
  summary: 'make, list, rotate and revoke keys; check whether one is whole',
  help: HELP,
  run([action = '', ...rest], world) {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) throw misuse(`posthorn keys has ${Object.keys(ACTIONS).join(', ')}, and no "${action}".`, 'keys');
    return run(rest, world);
  },
};
