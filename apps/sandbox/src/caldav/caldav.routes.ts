import type { FastifyInstance, FastifyPluginCallback, FastifyReply } from 'fastify';
import type { FaultBoard } from '../faults/fault.board.js';
import { applyHttpFaults, readBodiesAsText } from '../faults/http-faults.plugin.js';
import { secretComparison } from '../secret.comparison.js';
import type { CalendarStore } from './calendar.store.js';
import { DavError } from './dav.error.js';
import type { Places } from './dav.properties.js';
import { propfind } from './propfind.handler.js';
import { report } from './report.handler.js';
import { makeCalendar, putResource, readResource, removeResource } from './resource.handler.js';

const METHODS = ['PROPFIND', 'REPORT', 'MKCALENDAR'] as const;
const ALLOW = 'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, REPORT, MKCALENDAR';
const BODY_LIMIT = 1024 * 1024;

export interface CalDavOptions {
  store: CalendarStore;
  board: FaultBoard;
  prefix: string;
  username: string;
  password: string;
}

/** A CalDAV server (RFC 4791) with one principal and his calendars. A Fastify plugin, registered under `prefix`. */
export function caldavRoutes(options: CalDavOptions): FastifyPluginCallback {
  const { store, username } = options;
  const places: Places = {
    root: `${options.prefix}/`,
    principal: `${options.prefix}/principals/${encodeURIComponent(username)}/`,
    home: store.home,
    username,
  };
  return (app, _options, done) => {
    addDavMethods(app);
    readBodiesAsText(app, BODY_LIMIT);
    applyHttpFaults(app, {
      board: options.board,
      provider: 'caldav',
      answerError(reply, status, { retryAfterSeconds, message }) {
        if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
        return reply.code(status).type('text/plain; charset=utf-8').send(message ?? 'The sandbox was told to answer so.');
      },
    });
    const areOurCredentials = secretComparison(`Basic ${Buffer.from(`${username}:${options.password}`).toString('base64')}`);
    app.addHook('onRequest', (request, reply, next) => {
      reply.header('dav', '1, 3, calendar-access');
      if (request.method === 'OPTIONS' || areOurCredentials(request.headers.authorization)) next();
      else reply.code(401).header('www-authenticate', 'Basic realm="Posthorn sandbox", charset="UTF-8"').send();
    });
    app.setErrorHandler((error, _request, reply) => answerError(reply, error));

    // Nothing below takes a body parser's word for it: paths and bodies are read as they came.
    for (const url of ['/', '/*']) {
      app.options(url, async (_request, reply) => reply.code(200).header('allow', ALLOW).send());
      app.route({ method: 'PROPFIND', url, handler: (request, reply) => propfind(request, reply, store, places) });
      app.route({ method: 'REPORT', url, handler: (request, reply) => report(request, reply, store, places) });
      app.route({ method: 'MKCALENDAR', url, handler: (request, reply) => makeCalendar(request, reply, store) });
      app.get(url, (request, reply) => readResource(request, reply, store));
      app.put(url, (request, reply) => putResource(request, reply, store));
      app.delete(url, (request, reply) => removeResource(request, reply, store));
    }
    done();
  };
}

/** RFC 6764: how a client finds the server from the bare host. */
export function wellKnownCaldav(app: FastifyInstance, prefix: string): void {
  addDavMethods(app);
  for (const method of ['GET', 'PROPFIND', 'OPTIONS']) {
    app.route({ method, url: '/.well-known/caldav', handler: (_request, reply) => reply.redirect(`${prefix}/`, 301) });
  }
}

/** Methods belong to the whole server: they are added once, wherever they are needed first. */
function addDavMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
}

function answerError(reply: FastifyReply, error: unknown): FastifyReply {
  if (error instanceof DavError) {
    return reply.code(error.status).type('application/xml; charset=utf-8').send(error.body());
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return reply.code(status).type('text/plain; charset=utf-8').send(String(error));
}
