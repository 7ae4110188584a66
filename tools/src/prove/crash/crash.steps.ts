import { type Signature, type Trip } from './tripwire.js';

export type WireName = 'postgres' | 'nats' | 'provider';

export interface CrashStep {
  name: string;
  wire: WireName;
  trip: Trip;
}

/** A prepared statement whose text fits: Postgres hears the text once a connection, and then only its name. */
function statement(text: RegExp): Signature {
  const names = new Set<string>();
  return (sent) => {
    for (const [, name, sql] of sent.matchAll(/(posthorn_[0-9a-f]{16})\0([^\0]*)\0/g)) {
      if (name !== undefined && text.test(sql ?? '')) names.add(name);
    }
    return [...names].some((name) => sent.includes(`${name}\0`));
  };
}

const claim = statement(/SET state = 'attempting'/);
const settle = statement(/WITH settled AS/);
/** A call that changes something at the provider. */
const call: Signature = (sent) => /^(?:POST|PUT|PATCH|DELETE) \S+ HTTP/m.test(sent);
const acknowledgement: Signature = (sent) => /\$JS\.ACK\.[^\r\n]*\r\n(?:[^\r\n]+\r\n)*?(?:\r\n)?\+ACK/.test(sent);

/** The five moments in which the end of a process is worst. */
export const CRASH_STEPS: readonly CrashStep[] = [
  { name: 'before the commit of the intent', wire: 'postgres', trip: { signature: claim, hold: 'request' } },
  { name: 'after the commit of the intent', wire: 'postgres', trip: { signature: claim, hold: 'answer' } },
  { name: 'during the call, its effect done', wire: 'provider', trip: { signature: call, hold: 'answer' } },
  { name: 'after the call, before the commit of the result', wire: 'postgres', trip: { signature: settle, hold: 'request' } },
  { name: 'after the commit, before the acknowledgement', wire: 'nats', trip: { signature: acknowledgement, hold: 'request' } },
];

export const SIGNATURES: Readonly<Record<WireName, readonly Signature[]>> = {
  postgres: [claim, settle],
  nats: [acknowledgement],
  provider: [call],
};
