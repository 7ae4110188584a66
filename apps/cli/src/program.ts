import { type World } from './cli.context.js';
import { CliError, EXIT, misuse } from './cli.error.js';
import { type Command } from './command.js';
import { audit } from './commands/audit.command.js';
import { books } from './commands/books.command.js';
import { connections } from './commands/connections.command.js';
import { deliveries } from './commands/deliveries.command.js';
import { drill } from './commands/drill.command.js';
import { keys } from './commands/keys.command.js';
import { privacy } from './commands/privacy.command.js';
import { quarantine } from './commands/quarantine.command.js';
import { redeliver } from './commands/redeliver.command.js';
import { script } from './commands/script.command.js';
import { send } from './commands/send.command.js';
import { trace } from './commands/trace.command.js';
import { webhooks } from './commands/webhooks.command.js';

const COMMANDS: readonly Command[] = [send, trace, connections, deliveries, redeliver, books, audit, privacy, keys, quarantine, script, webhooks, drill];

const HELP = `posthorn <command> [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')}

Every command has --help with examples, and --json for scripts.

Where to ask, and with which key, comes from --url and --key, from the environment
(POSTHORN_INGRESS_URL, POSTHORN_INGRESS_KEY; likewise _AUDIT_ and _CONSOLE_; for what operators
do at ingress POSTHORN_OPERATOR_KEY), or from .posthorn/client.json, which a running npm start writes. Prefer the environment for keys:
the command line of a process can be seen by others.

Exit codes: 0 done · 1 refused or not found · 2 wrong usage · 3 unreachable · 4 wrong key
            5 the books do not balance · 6 the audit log is not what it says
`;

/** Runs the command line and returns the exit code. */
export async function run(args: readonly string[], world: World): Promise<number> {
  try {
    const [name, ...rest] = args;
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      (name === undefined ? world.error : world.out).write(HELP);
      return name === undefined ? EXIT.usage : EXIT.ok;
    }
    const command = COMMANDS.find((one) => one.name === name);
    if (command === undefined) throw misuse(`There is no command "${name}".`);
    if (rest.includes('--help') || rest.includes('-h')) {
      world.out.write(command.help);
      return EXIT.ok;
    }
    return await command.run(rest, world);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    world.error.write(`${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`);
    return error.exitCode;
  }
}
