import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { findBadShapes } from '@posthorn/http';
import type { SignedDelivery } from '@posthorn/webhooks';
import { valueAt } from './mapping/json.places.js';
import type { Place, WebhookPreset } from './presets/webhook.preset.js';

const MAX_DEPTH = 32;
const LONGEST_NAME = 200;

/** A delivery that is genuine, taken apart. */
export interface ReadDelivery {
  /** Empty where the sender names none. */
  topic: string;
  /** The same for a repetition, and for nothing else. */
  identity: string;
  /** What it says; undefined where nobody can tell. */
  payload: unknown;
  /** The body as text, where it is nothing that can be mapped. */
  unreadable: string | undefined;
}

/** Form fields come parsed; everything else is JSON, or unreadable. */
export function readDelivery(preset: WebhookPreset, { headers, body }: SignedDelivery, fields?: unknown): ReadDelivery {
  const payload = fields ?? parsed(body);
  const isSound = payload !== undefined && findBadShapes(payload, MAX_DEPTH).length === 0;
  const find = (place: Place): string | undefined => ('header' in place ? nameOf(headers[place.header]) : nameOf(isSound ? valueAt(payload, place.pointer) : undefined));
  const named = preset.identity === 'body' ? undefined : find(preset.identity);
  return {
    topic: (preset.topic === undefined ? undefined : find(preset.topic)) ?? '',
    identity: named === undefined ? `body ${hash('sha256', body, 'base64url')}` : `id ${named}`,
    payload: isSound ? payload : undefined,
    unreadable: isSound ? undefined : Buffer.from(body).toString('utf8').replaceAll('\0', '�'),
  };
}

function parsed(body: Uint8Array): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

function nameOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_NAME ? text : undefined;
}
