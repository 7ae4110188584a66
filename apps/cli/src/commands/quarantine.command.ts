import { misuse } from '../cli.error.js';
import { type Command, COMMON_HELP } from '../command.js';
import { decide } from './quarantine/decide.js';
import { list, show } from './quarantine/look.js';

const HELP = `posthorn quarantine list [--state STATE] [options]
posthorn quarantine show ID
posthorn quarantine release|replay|discard ID… | options

What ingress has set aside: what is held because it is suspicious, what was refused, and webhooks that nobody has mapped.

  list      the newest first
  show      one, with what was sent: masked, unless the key has quarantine:personal-data
  release   lets in what is held, as it is
  replay    has it judged again: what has been mended is let in, what has not stays, with fresh reasons
  discard   empties it, for good

Several are counted first; then it asks, and goes on a hundred at a time. Ctrl-C stops it between two of these, and the
same command goes on from there.

  ID…                    by id, or all that fit:
  --site ID
  --state STATE          held, refused, unmapped; for list also released, replayed, discarded
  --type TYPE            of the event, such as lead.submitted
  --code CODE            why it is set aside, such as validation-failed
  --from TIME, --to TIME when it came: 2026-11-22T10:00:00Z, or 90m, 36h, 7d ago
  --limit N, --cursor ID of list: how many (default 50, at most 500), and the next page, as the page before named it
  --preview              only count, and tell what would become of the first hundred
  --yes                  do not ask
${COMMON_HELP}
The operator's key comes from POSTHORN_OPERATOR_KEY, and has the scope quarantine:decide.
Exit code 1 when something stays that was to be let in.

Examples
  posthorn quarantine list --state held
  posthorn quarantine release 01a20411-bb52-7584-acea-c9154f74b8bc
  posthorn quarantine replay --site acme --code validation-failed --preview
  posthorn quarantine discard --state held --code spam-suspected --to 7d
`;

const ACTIONS: Record<string, Command['run']> = { list, show, release: decide('release'), replay: decide('replay'), discard: decide('discard') };

export const quarantine: Command = {
  name: 'quarantine',
  summary: 'what is held, refused or unknown: look at it, let it in or discard it',
  help: HELP,
  run([action = '', ...rest], world) {
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (run === undefined) throw misuse(`posthorn quarantine has ${Object.keys(ACTIONS).join(', ')}, and no "${action}".`, 'quarantine');
    return run(rest, world);
  },
};
