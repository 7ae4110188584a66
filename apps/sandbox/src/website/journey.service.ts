import { Injectable } from '@nestjs/common';
import { IngressClient } from './ingress.client.js';
import { journeyOf, type Journey } from './journey.js';
import { SubmissionMemory, type SentEvent } from './submission.memory.js';

const LISTED = 25;

/** Follows events through Posthorn. A journey that is over is not asked for again. */
@Injectable()
export class JourneyService {
  private readonly over = new Map<string, Journey>();

  constructor(
    private readonly ingress: IngressClient,
    private readonly memory: SubmissionMemory,
  ) {}

  async follow(id: string): Promise<Journey | 'unknown' | 'unavailable'> {
    const known = this.over.get(id);
    if (known) return known;
    const state = await this.ingress.state(id);
    if (typeof state === 'string') return state;
    const journey = journeyOf(state);
    if (journey.final && this.memory.find(id)) this.over.set(id, journey);
    return journey;
  }

  async latest(): Promise<{ sent: SentEvent; journey: Journey | undefined }[]> {
    return Promise.all(
      this.memory.latest(LISTED).map(async (sent) => {
        const journey = await this.follow(sent.id);
        return { sent, journey: typeof journey === 'string' ? undefined : journey };
      }),
    );
  }
}
