import { misuse } from '../cli.error.js';
import { type Command, COMMON_HELP } from '../command.js';
import { certificate } from './privacy/certificate.js';
import { erase } from './privacy/erase.js';
import { exportPerson } from './privacy/export.js';

const HELP = `posthorn privacy erase [--file FILE] [--yes] [options]
posthorn privacy certificate ID [--wait SECONDS] [options]
posthorn privacy export TO --site ID [--file FILE] [options]

Has a person forgotten, shows what became of it, and gives people what is known about them.

  erase        orders it of ingress with a site's key that has the scope privacy:erase. The address is asked for, or
               read from a file: on a command line, others of this machine could see it
  certificate  shows where it was erased, when, and what remains; and verifies that the entries that say so are in the log
  export       writes everything that the audit log has about a person of a site, with an auditor's key that sees
               personal data and may export: as a page to read and print (TO ends in .html), or as JSON

  --file FILE            holds the e-mail address; - is standard input
  --yes                  do not ask
  --force                overwrite TO
  --wait SECONDS         ask again until it is certified and signed, for so long
  --verifier-key KEY     of the log, as for posthorn audit; likewise --origin, --witness-key, --remember
${COMMON_HELP}
Exit code 1 while the erasure is open, 6 when an entry is not what the certificate says.

Examples
  posthorn privacy erase
  posthorn privacy erase --file address.txt --yes --json
  posthorn privacy certificate 01a20411-bb52-7584-acea-c9154f74b8bc --wait 120
  posthorn privacy export person.html --site acme
`;

const ACTIONS: Record<string, Command['run']> = { erase, certificate, export: exportPerson };

export const privacy: Command = {
  name: 'privacy',
  summary: 'have a person forgotten, what became of it, and what is known of them',
  help: HELP,
  run([action = '', ...rest], world) {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) throw misuse(`posthorn privacy has ${Object.keys(ACTIONS).join(', ')}, and no "${action}".`, 'privacy');
    return run(rest, world);
  },
};
