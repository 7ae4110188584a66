import type { IncomingHttpHeaders } from 'node:http';

/** Attributes that are ours to read. `datacontenttype` is the Content-Type, and data is the body. */
const ATTRIBUTES = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'site', 'correlationid', 'causationid'] as const;
const QUOTED = /^"(.*)"$/s;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Whether a request is a CloudEvent in binary mode: its attributes are headers, its body is the data. */
export function isBinaryEvent(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined;
}

/** The CloudEvent as it would stand in one JSON object. */
export function binaryEvent(headers: IncomingHttpHeaders, data: unknown): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const name of ATTRIBUTES) {
    const value = headers[`ce-${name}`];
    if (typeof value === 'string') event[name] = attributeOf(value);
  }
  return { ...event, data };
}

/**
 * CloudEvents' HTTP binding, 3.1.3.2: quotes are taken off, then what is percent-encoded is decoded once, as UTF-8.
 * Node hands over a header's bytes one by one, so UTF-8 that was sent as it is comes out right as well. What is not
 * UTF-8 stays as it came: the contract refuses what it cannot take.
 */
function attributeOf(header: string): string {
  const text = QUOTED.exec(header)?.[1]?.replaceAll(/\\(.)/gs, '$1') ?? header;
  const bytes = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  try {
    return UTF8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return text;
  }
}
