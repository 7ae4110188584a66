import type { FastifyReply, FastifyRequest } from 'fastify';
import { CalendarObjectError, checkCalendarObject } from './calendar.object.js';
import { parentOf, type CalendarResource, type CalendarStore } from './calendar.store.js';
import { DavError, preconditionFailed } from './dav.error.js';
import { asCollection, encodedPath, pathOf } from './dav.path.js';
import { child, readXml } from './dav-xml.reader.js';
import { dav, href } from './dav-xml.writer.js';

export async function readResource(request: FastifyRequest, reply: FastifyReply, store: CalendarStore): Promise<FastifyReply> {
  const resource = store.resource(pathOf(request));
  if (!resource) throw new DavError(404, 'Nothing is here.');
  reply.header('etag', resource.etag).header('last-modified', new Date(resource.modifiedAt).toUTCString());
  if (lists(request.headers['if-none-match'], resource.etag)) return reply.code(304).send();
  return reply.type('text/calendar; charset=utf-8; component=VEVENT').send(resource.ics);
}

export async function putResource(request: FastifyRequest, reply: FastifyReply, store: CalendarStore): Promise<FastifyReply> {
  const path = pathOf(request);
  if (path.endsWith('/')) throw new DavError(405, 'A collection cannot be written.');
  const calendar = store.calendar(parentOf(path));
  if (!calendar) throw new DavError(409, 'There is no calendar at the parent path.');
  const existing = store.resource(path);
  checkPreconditions(request, existing);
  if (!(request.headers['content-type'] ?? '').toLowerCase().startsWith('text/calendar')) {
    throw preconditionFailed('supported-calendar-data', 'The content type must be text/calendar.');
  }
  const ics = typeof request.body === 'string' ? request.body : '';
  const uid = checkedUid(ics);
  const holder = store.byUid(calendar.href, uid);
  if (holder && holder.href !== path) {
    throw preconditionFailed('no-uid-conflict', 'Another object of this calendar has that UID.', href(encodedPath(holder.href)));
  }
  if (existing && existing.uid !== uid) {
    throw preconditionFailed('no-uid-conflict', 'The UID of an object cannot change.', href(encodedPath(path)));
  }
  const { etag } = store.put(path, uid, ics);
  return reply.code(existing ? 204 : 201).header('etag', etag).send();
}

export async function removeResource(request: FastifyRequest, reply: FastifyReply, store: CalendarStore): Promise<FastifyReply> {
  const path = pathOf(request);
  if (store.calendar(asCollection(path))) throw new DavError(403, 'Calendars are not removed here.');
  const existing = store.resource(path);
  checkPreconditions(request, existing);
  if (!existing) throw new DavError(404, 'Nothing is here.');
  store.remove(path);
  return reply.code(204).send();
}

export async function makeCalendar(request: FastifyRequest, reply: FastifyReply, store: CalendarStore): Promise<FastifyReply> {
  const path = asCollection(pathOf(request));
  if (store.calendar(path)) throw new DavError(405, 'A calendar is there already.');
  if (parentOf(path.slice(0, -1)) !== store.home) throw preconditionFailed('calendar-collection-location-ok', `Calendars live under ${store.home}.`);
  const body = typeof request.body === 'string' ? request.body.trim() : '';
  const properties = body === '' ? undefined : child(child(readXml(body), dav('set')), dav('prop'));
  const name = child(properties, dav('displayname'))?.text.trim();
  store.addCalendar(path, name || path.slice(store.home.length, -1));
  return reply.code(201).send();
}

function checkPreconditions(request: FastifyRequest, existing: CalendarResource | undefined): void {
  const ifNoneMatch = request.headers['if-none-match'];
  const ifMatch = request.headers['if-match'];
  if (existing && lists(ifNoneMatch, existing.etag)) throw new DavError(412, 'If-None-Match: the object exists.');
  if (ifMatch !== undefined && !(existing && lists(ifMatch, existing.etag))) {
    throw new DavError(412, existing ? 'If-Match: the object has changed.' : 'If-Match: the object does not exist.');
  }
}

function lists(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((one) => one.trim() === '*' || one.trim() === etag) ?? false;
}

function checkedUid(ics: string): string {
  try {
    return checkCalendarObject(ics);
  } catch (error) {
    if (error instanceof CalendarObjectError) throw preconditionFailed(error.precondition, error.message);
    throw error;
  }
}
