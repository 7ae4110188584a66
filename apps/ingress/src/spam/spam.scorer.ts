import { Injectable, Logger } from '@nestjs/common';
import { type Counter, Metrics } from '@posthorn/observability';
import { z } from 'zod';
import type { ScorerSettings } from './spam.settings.js';

const answer = z.object({ score: z.number().min(0).max(1) });
const LONGEST_ANSWER = 16 * 1024;
/** While it is away, nobody should wait for it again and again. */
const PAUSE_MS = 10_000;

/** What a scorer is told. Personal data goes along: whoever names a scorer sends it there. */
export interface ScorerQuestion {
  site: string;
  form: string | undefined;
  type: string;
  data: unknown;
  address: string | undefined;
  userAgent: string | undefined;
}

/** Asks whoever the site trusts to tell spam: any program that takes a POST. */
@Injectable()
export class SpamScorer {
  private readonly logger = new Logger(SpamScorer.name);
  private readonly asked: Counter<'result'>;
  private readonly pausedUntil = new Map<string, number>();

  constructor(metrics: Metrics) {
    this.asked = metrics.counter('ingress_spam_scorer_total', 'Questions to scorers of spam, by what came of them', ['result']);
  }

  /** From 0 (surely a person) to 1 (surely spam); undefined where it does not say in time, and then nothing is held for it. */
  async score(question: ScorerQuestion, settings: ScorerSettings): Promise<number | undefined> {
    if (performance.now() < (this.pausedUntil.get(settings.url) ?? -Infinity)) {
      this.asked.inc({ result: 'skipped' });
      return undefined;
    }
    try {
      const { score } = answer.parse(await ask(question, settings));
      this.asked.inc({ result: 'scored' });
      return score;
    } catch (error) {
      this.pausedUntil.set(settings.url, performance.now() + PAUSE_MS);
      this.asked.inc({ result: 'failed' });
      this.logger.warn({ msg: 'the scorer of spam did not answer; submissions are accepted without it', site: question.site, reason: error instanceof Error ? error.name : 'unknown' });
      return undefined;
    }
  }
}

async function ask(question: ScorerQuestion, { url, token, timeoutMs }: ScorerSettings): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(question),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER) throw new RangeError('The answer is too long.');
  }
  if (!response.ok) throw new Error(`It answered ${response.status}.`);
  return JSON.parse(text);
}
