import { type HttpReply, type HttpRequest, Problem } from '@posthorn/http';
import type { Form } from './form.settings.js';

/** Throws for a form on somebody else's page. Browsers that say nothing are believed, and programs can say anything. */
export function checkOrigin({ settings }: Form, request: HttpRequest): void {
  const { origin, referer } = request.headers;
  const from = origin ?? (referer === undefined ? undefined : (URL.parse(referer)?.origin ?? 'null'));
  if (from === undefined || settings.origins.includes(from)) return;
  throw new Problem({
    status: 403,
    code: 'origin-not-allowed',
    title: 'This form may not be sent from that page',
    detail:
      from === 'null'
        ? 'The page does not say where it is. Give it the policy "Referrer-Policy: strict-origin-when-cross-origin", or list "null" among the origins.'
        : 'List the origin of the page in the settings of the form.',
  });
}

/** Lets scripts on the form's own pages read the answer, and no others. */
export function allowOrigin({ settings }: Form, request: HttpRequest, reply: HttpReply): void {
  reply.header('vary', 'Origin, Accept');
  const { origin } = request.headers;
  if (origin === undefined || !settings.origins.includes(origin)) return;
  reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'Retry-After' });
}
