import { AnswerJudge } from '@posthorn/testing';
import type { FuzzedService } from './fuzz.case.js';
import { type FuzzRequest, mayBeClosed } from './fuzz.request.js';
import { MARK } from './schema.sampler.js';
import type { Sent } from './wire.client.js';

/** Says what is wrong with an answer; nothing is known of the request but what was sent. */
export class FuzzJudge {
  private readonly judges: ReadonlyMap<string, AnswerJudge>;

  constructor(
    services: readonly FuzzedService[],
    private readonly secrets: readonly string[],
  ) {
    this.judges = new Map(services.map(({ name, document }) => [name, new AnswerJudge(document)]));
  }

  complaintsAbout(request: FuzzRequest, sent: Sent): string[] {
    if ('hung' in sent) return ['the connection hung'];
    if ('closed' in sent) return mayBeClosed(request) ? [] : ['the connection was closed without an answer'];
    const { status, headers, body } = sent.answer;
    const contentType = headers.get('content-type');
    if (status === 0) return ['the answer is not HTTP'];
    if (status >= 500 && !(status === 503 && isTold(request, headers))) return [`was answered ${status}: ${body.slice(0, 300)}`];
    const path = /^https?:\/\/[^/]+(.*)$/.exec(request.path)?.[1] ?? request.path.split('#', 1)[0] ?? '';
    const complaints = this.judges.get(request.service)?.complaintsAbout({ method: request.method, path, status, contentType, body: request.method === 'HEAD' ? '' : body }) ?? [];
    if (headers.get('x-content-type-options') !== 'nosniff') complaints.push('the security headers are missing');
    if (this.secrets.some((secret) => body.includes(secret))) complaints.push('the answer has a secret in it');
    if (status >= 400 && body.includes(MARK)) complaints.push(`the refusal says what was sent: ${body.slice(0, 300)}`);
    return complaints;
  }
}

const isTold = ({ path }: FuzzRequest, headers: ReadonlyMap<string, string>): boolean => headers.has('retry-after') || path === '/ready';
