import { Injectable } from '@nestjs/common';
import type { Read } from './form.reader.js';
import { IngressClient } from './ingress.client.js';
import { SubmissionMemory } from './submission.memory.js';

export type Sent = { ok: true; id: string } | { ok: false; errors: Record<string, string>; notice?: string };

/** Hands a read form to Posthorn and remembers it. */
@Injectable()
export class FormSender {
  constructor(
    private readonly ingress: IngressClient,
    private readonly memory: SubmissionMemory,
  ) {}

  async send(read: Read, key: string): Promise<Sent> {
    if (!read.ok) return { ok: false, errors: read.errors };
    const { type, data } = read.submission;
    const submitted = await this.ingress.submit(type, data, key);
    if (submitted.kind !== 'accepted') return { ok: false, errors: {}, notice: submitted.reason };
    this.memory.remember({ id: submitted.id, acceptedAt: submitted.acceptedAt, submission: read.submission });
    return { ok: true, id: submitted.id };
  }
}
