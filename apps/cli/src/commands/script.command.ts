import { createHash } from 'node:crypto';
import { addressOf } from '../client.settings.js';
import { CliError, EXIT, misuse } from '../cli.error.js';
import { type Command, COMMON, parse, writeJson } from '../command.js';
import { callStream } from '../http.client.js';

const HELP = `posthorn script [BROWSER_KEY] [options]

Writes the <script> tag that web pages need, for the script that ingress has now.

  BROWSER_KEY            a key of the kind browser; forms alone need none
  --newest               without the hash: pages get each new release by themselves
  --url URL              where ingress is, as browsers reach it
  --json                 for scripts

Examples
  posthorn script
  posthorn script ph_browser_… --newest
`;

export const script: Command = {
  name: 'script',
  summary: 'the <script> tag for web pages',
  help: HELP,
  async run(args, world) {
    const { values, positionals } = parse('script', args, { url: COMMON.url, json: COMMON.json, newest: { type: 'boolean' } });
    const [key] = positionals;
    if (positionals.length > 1) throw misuse('Say one key at most.', 'script');
    if (key !== undefined && !/^ph_browser_[0-9A-Za-z]+$/.test(key)) throw misuse('Everybody can read what stands in a page: only a key of the kind browser belongs there, which begins with ph_browser_.', 'script');
    // Whoever may load a page may load it.
    const access = { ...addressOf('ingress', values, world), key: '' };
    const response = await callStream(access, '/posthorn.js');
    const name = /^\/(posthorn\.[0-9a-f]{16}\.js)$/.exec(response.headers.get('content-location') ?? '')?.[1];
    if (name === undefined) throw new CliError(EXIT.unreachable, `What answers at ${access.url} has no script for pages.`, 'Check POSTHORN_INGRESS_URL.');
    const integrity = `sha384-${createHash('sha384').update(Buffer.from(await response.arrayBuffer())).digest('base64')}`;
    const src = `${access.url}/${values.newest === true ? 'posthorn.js' : name}`;
    const pinned = values.newest === true ? '' : ` integrity="${integrity}" crossorigin="anonymous"`;
    const tag = `<script src="${src}"${pinned}${key === undefined ? '' : ` data-key="${key}"`} defer></script>`;
    if (values.json === true) writeJson(world, { src, integrity, tag });
    else world.out.write(`${tag}\n`);
    return EXIT.ok;
  },
};
