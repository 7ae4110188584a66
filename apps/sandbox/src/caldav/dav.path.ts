import type { FastifyRequest } from 'fastify';
import { DavError } from './dav.error.js';

/** The path a request names, decoded, without its query. */
export function pathOf(request: FastifyRequest): string {
  return decoded(request.url.split('?')[0] ?? '/');
}

/** An href of a body: a path or a whole URL. */
export function pathOfHref(href: string): string {
  const trimmed = href.trim();
  if (!/^https?:\/\//.test(trimmed)) return decoded(trimmed);
  if (!URL.canParse(trimmed)) throw new DavError(400, 'The href is not a URL.');
  return decoded(new URL(trimmed).pathname);
}

export function asCollection(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new DavError(400, 'The path is not properly encoded.');
  }
}

/** For an answer: percent-encoded, slashes kept. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
