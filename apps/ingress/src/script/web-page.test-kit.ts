import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebPages {
  readonly origin: string;
  /** The body of the page at this path, from now on. */
  show(path: string, body: string): void;
  stop(): Promise<void>;
}

/** A website that lets nothing run or be reached but what `allow` names. */
export async function startWebPages(allow: () => string): Promise<WebPages> {
  const pages = new Map<string, string>();
  const server = createServer((request, response) => {
    const body = pages.get(request.url ?? '');
    const policy = `default-src 'none'; script-src ${allow()}; connect-src ${allow()}; require-trusted-types-for 'script'`;
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    response.end(`<!doctype html><html lang="en"><title>A website</title>${body ?? ''}</html>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: (path, body) => void pages.set(path, body),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
