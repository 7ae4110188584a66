import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CalendarStore } from './calendar.store.js';
import { DavError } from './dav.error.js';
import { asCollection, encodedPath, pathOf } from './dav.path.js';
import { answers, propertiesOf, type Node, type Places } from './dav.properties.js';
import { child, readXml, XmlError } from './dav-xml.reader.js';
import { dav, document, response } from './dav-xml.writer.js';

export async function propfind(request: FastifyRequest, reply: FastifyReply, store: CalendarStore, places: Places): Promise<FastifyReply> {
  const found = nodeAt(pathOf(request), store, places);
  if (!found) throw new DavError(404, 'Nothing is here.');
  const depth = request.headers['depth'] ?? 'infinity';
  const asked = askedProperties(typeof request.body === 'string' ? request.body : '');
  // A client that gives no depth means "infinity"; one level is all there is to see at a time.
  const nodes = depth === '0' ? [found] : [found, ...childrenOf(found, store, places)];
  const responses = nodes.map(({ href, node }) => response(encodedPath(href), answers(propertiesOf(node, places), asked)));
  return reply.code(207).type('application/xml; charset=utf-8').send(document(dav('multistatus'), responses.join('')));
}

interface Located {
  href: string;
  node: Node;
}

function nodeAt(path: string, store: CalendarStore, places: Places): Located | undefined {
  const collection = asCollection(path);
  if (collection === places.root) return { href: collection, node: { kind: 'root' } };
  if (collection === decodeURIComponent(places.principal)) return { href: collection, node: { kind: 'principal' } };
  if (collection === places.home) return { href: collection, node: { kind: 'home' } };
  const calendar = store.calendar(collection);
  if (calendar) return { href: collection, node: { kind: 'calendar', calendar } };
  const resource = store.resource(path);
  return resource && { href: path, node: { kind: 'resource', resource } };
}

function childrenOf({ node }: Located, store: CalendarStore, places: Places): Located[] {
  switch (node.kind) {
    case 'root':
      return [
        { href: decodeURIComponent(places.principal), node: { kind: 'principal' } },
        { href: places.home, node: { kind: 'home' } },
      ];
    case 'home':
      return store.calendars().map((calendar) => ({ href: calendar.href, node: { kind: 'calendar', calendar } }));
    case 'calendar':
      return store.resources(node.calendar.href).map((resource) => ({ href: resource.href, node: { kind: 'resource', resource } }));
    case 'principal':
    case 'resource':
      return [];
  }
}

function askedProperties(body: string): string[] | 'all' | 'names' {
  if (body.trim() === '') return 'all';
  try {
    const root = readXml(body);
    if (root.name !== dav('propfind')) throw new XmlError('A propfind element was expected.');
    if (child(root, dav('propname'))) return 'names';
    return child(root, dav('prop'))?.children.map(({ name }) => name) ?? 'all';
  } catch (error) {
    if (error instanceof XmlError) throw new DavError(400, error.message);
    throw error;
  }
}
