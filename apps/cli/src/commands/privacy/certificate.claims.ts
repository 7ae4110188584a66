/** An entry of the log that is named as evidence. */
interface Evidence {
  id: string;
  position: number;
}

/** As audit answers it; what is not shown or verified is left out. */
export interface Certificate {
  site: string;
  cause: string;
  state: 'open' | 'certified';
  events: number;
  requestedAt: string;
  certifiedAt?: string;
  requests: {
    id: string;
    entry: Evidence;
    places: { place: string; state: 'erased' | 'open'; at?: string; entry?: Evidence; connections: { connection: string; state: string; at: string; entry: Evidence }[] }[];
    certified?: Evidence;
  }[];
  remains: { text: string }[];
}

/** What an entry has to be, for the certificate to be right. */
export interface Claim extends Evidence {
  type: string | undefined;
  /** The request it has to be about; it is the request itself where that is its own id. */
  request: string;
}

const REQUEST = 'privacy.erasure_requested';

/** Every entry that the certificate names, and what it takes it for. */
export function claimsOf({ requests }: Certificate): Claim[] {
  return requests.flatMap(({ id: request, entry, places, certified }) => [
    { ...entry, type: REQUEST, request },
    ...places.flatMap(({ place, entry: told, connections }) => [
      // What recorded the request destroyed audit's own keys.
      ...(told === undefined || place === 'audit' ? [] : [{ ...told, type: place === 'ingress' ? 'privacy.transport_erased' : `${place}.erasure.completed`, request }]),
      ...connections.map((connection) => ({ ...connection.entry, type: undefined, request })),
    ]),
    ...(certified === undefined ? [] : [{ ...certified, type: 'audit.erasure.certified', request }]),
  ]);
}
