import type { HttpRequest } from '@posthorn/http';

/** The site whose key called. Every key of the ingress belongs to one. */
export function siteOf(request: HttpRequest): string {
  const site = request.apiKey?.site;
  if (site === undefined) throw new TypeError('No site: the controller needs @RequireKey().');
  return site;
}
