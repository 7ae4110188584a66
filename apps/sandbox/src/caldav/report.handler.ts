import type { FastifyReply, FastifyRequest } from 'fastify';
import { isBusy, occurrences } from './calendar.object.js';
import { passes, QueryError, timeRange, utcText } from './calendar.query.js';
import type { CalendarResource, CalendarStore } from './calendar.store.js';
import { DavError, preconditionFailed } from './dav.error.js';
import { asCollection, encodedPath, pathOf, pathOfHref } from './dav.path.js';
import { answers, propertiesOf, type Places } from './dav.properties.js';
import { child, children, readXml, XmlError, type XmlElement } from './dav-xml.reader.js';
import { caldav, dav, document, response, statusResponse, text } from './dav-xml.writer.js';

export async function report(request: FastifyRequest, reply: FastifyReply, store: CalendarStore, places: Places): Promise<FastifyReply> {
  const calendar = store.calendar(asCollection(pathOf(request)));
  if (!calendar) throw new DavError(404, 'No calendar is here.');
  try {
    const query = readXml(typeof request.body === 'string' ? request.body : '');
    switch (query.name) {
      case caldav('calendar-query'): {
        const found = store.resources(calendar.href).filter((resource) => passes(resource, child(query, caldav('filter'))));
        return await multistatus(reply, found.map((resource) => described(resource, query, places)));
      }
      case caldav('calendar-multiget'):
        return await multistatus(reply, children(query, dav('href')).map((href) => {
          const resource = store.resource(pathOfHref(href.text));
          return resource ? described(resource, query, places) : statusResponse(href.text.trim(), '404 Not Found');
        }));
      case caldav('free-busy-query'):
        return await reply.type('text/calendar; charset=utf-8').send(freeBusy(store.resources(calendar.href), child(query, caldav('time-range'))));
      default:
        throw new DavError(403, `The report ${query.name} is not supported.`, { name: dav('supported-report') });
    }
  } catch (error) {
    if (error instanceof QueryError) throw preconditionFailed(error.precondition, error.message);
    if (error instanceof XmlError) throw new DavError(400, error.message);
    throw error;
  }
}

function multistatus(reply: FastifyReply, responses: string[]): FastifyReply {
  return reply.code(207).type('application/xml; charset=utf-8').send(document(dav('multistatus'), responses.join('')));
}

function described(resource: CalendarResource, query: XmlElement, places: Places): string {
  const properties = propertiesOf({ kind: 'resource', resource }, places);
  properties.set(caldav('calendar-data'), text(resource.ics));
  const asked = child(query, dav('prop'))?.children.map(({ name }) => name) ?? 'all';
  return response(encodedPath(resource.href), answers(properties, asked));
}

function freeBusy(resources: CalendarResource[], range: XmlElement | undefined): string {
  if (!range) throw new QueryError('valid-filter', 'A free-busy-query needs a time-range.');
  const { from, to } = timeRange(range);
  const busy = resources
    .filter((resource) => isBusy(resource.ics))
    .flatMap((resource) => occurrences(resource.ics, from, to))
    .filter(({ status }) => status !== 'CANCELLED')
    .sort((a, b) => a.start.getTime() - b.start.getTime());
  const lines = busy.map(({ start, end, status }) => {
    const kind = status === 'TENTATIVE' ? ';FBTYPE=BUSY-TENTATIVE' : '';
    return `FREEBUSY${kind}:${utcText(start < from ? from : start)}/${utcText(end > to ? to : end)}`;
  });
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Posthorn//Sandbox//EN',
    'BEGIN:VFREEBUSY',
    `DTSTAMP:${utcText(new Date())}`,
    `DTSTART:${utcText(from)}`,
    `DTEND:${utcText(to)}`,
    ...lines,
    'END:VFREEBUSY',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}
