import { Injectable } from '@nestjs/common';
import { SnapshotFile } from '../records/snapshot.file.js';
import type { Submission } from './form.reader.js';

export interface SentEvent {
  id: string;
  acceptedAt: string;
  submission: Submission;
}

const KEPT = 200;

/** What visitors sent lately, so that an appointment can be moved and the journeys be listed, also after a restart. */
@Injectable()
export class SubmissionMemory {
  private readonly events = new Map<string, SentEvent>();

  constructor(private readonly snapshot: SnapshotFile) {
    snapshot.register('website', this);
  }

  remember(event: SentEvent): void {
    this.events.set(event.id, event);
    const [oldest] = this.events.keys();
    if (this.events.size > KEPT && oldest !== undefined) this.events.delete(oldest);
    this.snapshot.touch();
  }

  find(id: string): SentEvent | undefined {
    return this.events.get(id);
  }

  /** The newest first. */
  latest(count: number): SentEvent[] {
    return [...this.events.values()].slice(-count).reverse();
  }

  save(): SentEvent[] {
    return [...this.events.values()];
  }

  load(value: unknown): void {
    for (const event of value as SentEvent[]) this.events.set(event.id, event);
  }
}
