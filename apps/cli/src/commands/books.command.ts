import { painter, type World } from '../cli.context.js';
import { type Access, accessTo } from '../client.settings.js';
import { EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, COMMON_HELP, parse, waitSecondsOf, writeJson } from '../command.js';
import { call } from '../http.client.js';
import { since, table } from '../table.js';

const HELP = `posthorn books [options]

Whether every service has every event that was accepted, and in which state:
accepted = delivered + in progress + held + dead + skipped + erased + missing, and missing is 0.

  --from DAY, --until DAY  UTC days of acceptance such as 2026-11-22, both included; today unless given
  --site ID                only of this site
  --service NAME           only of this service
  --days                   a line for each day and site, and not for each service alone
  --wait SECONDS           ask again until they balance, for so long
${COMMON_HELP}
Exit code 5 when they do not balance, or a service does not say how its books stand.

Examples
  posthorn books
  posthorn books --from 2026-11-01 --until 2026-11-15 --site acme --days
  posthorn books --wait 60 --json
`;

interface Figures {
  service: string;
  accepted: number;
  delivered: number;
  inProgress: number;
  held: number;
  dead: number;
  skipped: number;
  erased: number;
  missing: number;
  balanced: boolean;
  stale: boolean;
}

interface Books {
  from: string;
  until: string;
  balanced: boolean;
  totals: Figures[];
  books: (Figures & { site: string; day: string; differs: boolean; asOf: string })[];
}

const AGAIN_MS = 1_000;

export const books: Command = {
  name: 'books',
  summary: 'whether every service has what was accepted',
  help: HELP,
  async run(args, world) {
    const options = { ...COMMON, from: { type: 'string' }, until: { type: 'string' }, site: { type: 'string' }, service: { type: 'string' }, days: { type: 'boolean' }, wait: { type: 'string' } } as const;
    const { values, positionals } = parse('books', args, options);
    if (positionals.length > 0) throw misuse(`"${positionals.join(' ')}" is not an option.`, 'books');
    const { from, until, site, service } = values;
    const query = new URLSearchParams(Object.entries({ from, until, site, service }).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const found = await balanced(accessTo('audit', values, world), `/v1/books?${query.toString()}`, waitSecondsOf(values.wait, 'books'));
    if (values.json === true) writeJson(world, found);
    else world.out.write(shown(found, values.days === true, world));
    return found.balanced ? EXIT.ok : EXIT.unbalanced;
  },
};

async function balanced(access: Access, path: string, seconds: number): Promise<Books> {
  for (const deadline = performance.now() + seconds * 1_000; ; ) {
    const found = await call<Books>(access, path);
    if (found.balanced || performance.now() >= deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.min(AGAIN_MS, deadline - performance.now())));
  }
}

function shown({ from, until, totals, books: each }: Books, days: boolean, world: World): string {
  const span = from === until ? from : `${from} to ${until}`;
  if (totals.length === 0) return `Nothing was accepted on ${span}, or no service has said yet how its books stand.\n`;
  const asOf = new Map(each.map((book) => [book.service, book.asOf]));
  const head = ['ACCEPTED', 'DELIVERED', 'IN PROGRESS', 'HELD', 'DEAD', 'SKIPPED', 'ERASED', 'MISSING', ''];
  const lines = days
    ? table(['DAY', 'SITE', 'SERVICE', ...head], each.map((book) => [book.day, book.site, book.service, ...figuresOf(book, world, book.asOf)]))
    : table(['SERVICE', ...head], totals.map((total) => [total.service, ...figuresOf(total, world, asOf.get(total.service))]));
  const differing = each.filter(({ differs }) => differs).length;
  return `Books of ${span} (UTC)\n${lines}${differing === 0 ? '' : `Longer than it should: posthorn's log names the events, as audit.books.differ.\n`}`;
}

function figuresOf(figures: Figures, world: World, asOf: string | undefined): string[] {
  const paint = painter(world);
  const { accepted, delivered, inProgress, held, dead, skipped, erased, missing, stale } = figures;
  const letters = (count: number): string => (count === 0 ? '0' : paint('red', String(count)));
  const mark = stale ? paint('yellow', `as of ${since(asOf)} ago`) : missing === 0 && figures.balanced ? paint('green', 'balanced') : paint('red', 'differs');
  return [String(accepted), String(delivered), String(inProgress), letters(held), letters(dead), String(skipped), String(erased), letters(missing), mark];
}
