import { enhanceForms } from './forms.js';
import { newId } from './new.id.js';
import { type Consent, EVENTS, type Fate, Sender } from './sender.js';

interface SendOptions {
  /** The purpose that has to be agreed to first. Default: that of the script's `data-consent`; '' needs none. */
  consent?: string;
  /** The same key with the same content is the same event. */
  idempotencyKey?: string;
  /** When it happened. Default: now; with a key of one's own, which needs the same content again, when it is accepted. */
  time?: string;
}

type Call = ['send', string, Record<string, unknown>, SendOptions?] | ['consent', Consent];
type Command = { (...call: Call): unknown; q?: Call[] };

declare global {
  interface Window {
    posthorn?: Command;
  }
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement) start(script);

function start({ src, dataset }: HTMLScriptElement): void {
  const base = new URL('.', dataset['url'] ?? src).href;
  const sender = new Sender(base, dataset['key'] ?? '');

  const send = (type: string, data: Record<string, unknown>, { consent: purpose = dataset['consent'], idempotencyKey, time = idempotencyKey ? undefined : new Date().toISOString() }: SendOptions = {}): Promise<Fate> => {
    const submission = (): string => JSON.stringify({ type, time, data: { ...data, ...consentFor(type, data, purpose) } });
    return new Promise((tell) => sender.send(idempotencyKey ?? newId(), { path: EVENTS, body: submission, purpose }, tell));
  };

  const consentFor = (type: string, data: Record<string, unknown>, purpose: string | undefined): object => {
    const { purposes, wordingVersion, time = new Date().toISOString(), way = 'website' } = sender.consent ?? {};
    return purpose && wordingVersion && !data['consent'] && !type.startsWith('custom.') ? { consent: { purposes, wordingVersion, time, way } } : {};
  };

  const command: Command = (...[name, ...rest]: Call): unknown => {
    if (name === 'send') return send(...(rest as Parameters<typeof send>));
    sender.agree(rest[0] as Consent);
    return undefined;
  };

  const before = window.posthorn?.q ?? [];
  window.posthorn = command;
  enhanceForms(base, sender);
  for (const call of before) command(...call);
  sender.resume();
}
