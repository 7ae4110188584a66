import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';

export interface ReceivedMail {
  id: string;
  /** The envelope's sender and recipients, as the SMTP conversation named them. */
  from: string;
  to: string[];
  subject: string;
  messageId?: string;
  /** The message as it came over the wire. */
  raw: string;
  receivedAt: string;
}

/** A mail without its text, small enough to remember a great many. */
export type MailBrief = Pick<ReceivedMail, 'to' | 'messageId' | 'receivedAt'>;

/** With their texts; more would cost the sandbox a gigabyte in a long drill. */
const KEPT = 10_000;
const BRIEFS_KEPT = 1_000_000;

/** Every mail the simulated server took, in the order it came. */
export class MailboxStore {
  private messages: ReceivedMail[] = [];
  private briefs: MailBrief[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly changed: () => void = () => undefined,
  ) {}

  add(mail: { from: string; to: string[]; subject: string; messageId?: string; raw: string }): ReceivedMail {
    const received = { id: randomUUID(), ...mail, receivedAt: new Date(this.clock.now()).toISOString() };
    if (this.messages.length >= KEPT) this.messages = this.messages.slice(KEPT / 10);
    this.messages.push(received);
    if (this.briefs.length < BRIEFS_KEPT) this.briefs.push(briefOf(received));
    this.changed();
    return received;
  }

  all(): readonly ReceivedMail[] {
    return this.messages;
  }

  /** Every mail after the first `count`, also those whose text was dropped since. */
  briefsAfter(count: number): readonly MailBrief[] {
    return this.briefs.slice(count);
  }

  find(id: string): ReceivedMail | undefined {
    return this.messages.find((message) => message.id === id);
  }

  clear(): void {
    this.messages = [];
    this.briefs = [];
    this.changed();
  }

  save(): unknown {
    return this.messages;
  }

  load(value: unknown): void {
    this.messages = value as ReceivedMail[];
    this.briefs = this.messages.map(briefOf);
  }
}

function briefOf({ to, messageId, receivedAt }: ReceivedMail): MailBrief {
  return { to, messageId, receivedAt };
}
