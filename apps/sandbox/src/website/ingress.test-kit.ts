import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEvent, isEventType, newId, type EventData } from '@posthorn/contracts';
import type { EventState } from './ingress.client.js';

export interface Posted {
  authorization: string | undefined;
  idempotencyKey: string | undefined;
  type: string;
  data: unknown;
  id: string;
}

export interface IngressStub {
  url: string;
  posted: Posted[];
  /** What it tells about an event's services from now on. */
  tell(services: EventState['services']): void;
  /** Answers every post with this status instead. */
  refuseWith(status: number | undefined): void;
  stop(): Promise<void>;
}

/** Answers as ingress does: it parses with the contract, keeps one event per key, and tells what it was told to. */
export async function startIngressStub(): Promise<IngressStub> {
  const posted: Posted[] = [];
  let services: EventState['services'] = [];
  let refusal: number | undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status: number, body: unknown): unknown =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const event = /^\/v1\/events\/(.+)$/.exec(request.url ?? '')?.[1];
      const known = posted.find(({ id }) => id === event);
      if (request.method === 'GET') {
        return known ? answer(200, { id: known.id, type: known.type, site: 'acme', acceptedAt: new Date(0).toISOString(), servicesReachable: true, services }) : answer(404, {});
      }
      if (refusal) return answer(refusal, { code: 'unavailable', title: 'The ledger cannot be reached' });
      const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as { type: string; data: unknown };
      const idempotencyKey = request.headers['idempotency-key']?.toString();
      const repeated = posted.find((one) => one.idempotencyKey === idempotencyKey);
      if (repeated) return answer(202, { id: repeated.id, acceptedAt: new Date(0).toISOString() });
      if (!isEventType(type)) return answer(422, {});
      createEvent({ site: 'acme', type, data: data as EventData<typeof type> });
      const id = newId();
      posted.push({ authorization: request.headers.authorization, idempotencyKey, type, data, id });
      return answer(202, { id, acceptedAt: new Date(0).toISOString() });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    tell: (told) => (services = told),
    refuseWith: (status) => (refusal = status),
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
