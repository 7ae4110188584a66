import { Problem, type HttpReply, type HttpRequest } from '@posthorn/http';
import type { Fields } from './form.reader.js';
import type { Html } from './html.js';
import { PAGE_POLICY } from './page.layout.js';

export function sendPage(reply: HttpReply, page: Html, status = 200): HttpReply {
  return reply.code(status).header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(page.markup);
}

/** A page with a form that goes to another server, plainly or by that server's script: allowed to, and saying where it comes from. */
export function sendPageWithForm(reply: HttpReply, page: Html, action: string): HttpReply {
  const policy = PAGE_POLICY.replaceAll(/(form-action|script-src|connect-src) 'self'/g, `$& ${new URL(action).origin}`);
  reply.headers({ 'content-security-policy': policy, 'referrer-policy': 'strict-origin-when-cross-origin' });
  return reply.type('text/html; charset=utf-8').send(page.markup);
}

export function sendFragment(reply: HttpReply, fragment: Html): HttpReply {
  return reply.type('text/html; charset=utf-8').send(fragment.markup);
}

/** The fields of a posted form as single trimmed strings. A form on another website may not press our buttons. */
export function formFields(request: HttpRequest): Fields {
  if (request.headers['sec-fetch-site'] === 'cross-site') {
    throw new Problem({ status: 403, code: 'cross-site-form', title: 'Forms of other websites are not taken' });
  }
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).map(([name, value]: [string, unknown]) => {
      const single: unknown = Array.isArray(value) ? value.at(-1) : value;
      return [name, typeof single === 'string' ? single.trim() : ''];
    }),
  );
}
