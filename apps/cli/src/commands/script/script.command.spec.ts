import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../program.js';

const BYTES = 'console.log("ü")';
const NAME = 'posthorn.0123456789abcdef.js';

describe('posthorn script', () => {
  let server: Server;
  let url: string;
  const asked: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(200, { 'content-location': `/${NAME}` }).end(BYTES);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  const script = async (...args: string[]) => {
    const said = { out: '', error: '' };
    const code = await run(['script', ...args], {
      env: { POSTHORN_INGRESS_URL: url, POSTHORN_INGRESS_KEY: 'a key of a site' },
      cwd: '/',
      out: { write: (text) => (said.out += text) },
      error: { write: (text) => (said.error += text) },
      ask: undefined,
    });
    return { code, ...said };
  };

  it('writes a tag that takes these bytes and no others', async () => {
    const integrity = `sha384-${createHash('sha384').update(BYTES).digest('base64')}`;
    expect(await script('ph_browser_abc')).toEqual({ code: 0, error: '', out: `<script src="${url}/${NAME}" integrity="${integrity}" crossorigin="anonymous" data-key="ph_browser_abc" defer></script>\n` });
  });

  it('writes one that is always the newest', async () => {
    expect((await script('--newest')).out).toBe(`<script src="${url}/posthorn.js" defer></script>\n`);
  });

  it('puts no other key into a page, and sends none', async () => {
    expect(await script('ph_secret_abc')).toMatchObject({ code: 2, out: '' });
    expect(asked).toEqual(asked.map(() => undefined));
  });
});
