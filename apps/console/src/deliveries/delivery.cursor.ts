import { type DeliveryPosition, deliveryPosition } from '@posthorn/contracts';
import { Problem } from '@posthorn/http';

// Nobody but us reads a cursor: what is in it may change, and its first element says which kind it is.
const VERSION = 1;

export function cursorOf({ eventId, service, connection, action }: DeliveryPosition): string {
  return Buffer.from(JSON.stringify([VERSION, eventId, service, connection, action])).toString('base64url');
}

/** A Problem (400) when we did not make it. */
export function positionIn(cursor: string): DeliveryPosition {
  try {
    const [version, eventId, service, connection, action] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (version === VERSION) return deliveryPosition.parse({ eventId, service, connection, action });
  } catch {
    // Told below.
  }
  throw new Problem({
    status: 400, code: 'query-invalid', title: 'The question has mistakes',
    errors: [{ pointer: '/cursor', rule: 'cursor', message: 'must be the "next" of an earlier page, unchanged' }],
  });
}
