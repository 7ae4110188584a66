import { Agent, request } from 'node:http';
import { answerParent, now } from './parent.js';

export interface Steady {
  url: string;
  headers: Record<string, string>;
  /** Sent in turn; `{{who}}` in them is replaced by the sender's mark and a number. */
  bodies: string[];
  mark: string;
  perSecond: number;
  seconds: number;
}

/** When each was accepted: the mark with its number, and the time of the 202. */
export type Accepted = [who: string, at: number][];

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends at a steady rate, whether or not the earlier ones have been answered: a website does not wait either. */
async function send({ url, headers, bodies, mark, perSecond, seconds }: Steady): Promise<Accepted> {
  const total = Math.round(perSecond * seconds);
  const began = now();
  const answers: Promise<[string, number]>[] = [];
  while (answers.length < total) {
    const due = Math.min(total, Math.floor(((now() - began) / 1_000) * perSecond) + 1);
    while (answers.length < due) {
      const who = `${mark}-${answers.length}`;
      const body = bodies[answers.length % bodies.length]?.replaceAll('{{who}}', who) ?? '';
      answers.push(post(url, headers, body).then(() => [who, now()]));
    }
    const next = began + (answers.length / perSecond) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - now())));
  }
  return Promise.all(answers);
}

function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }, (response) => {
      if (response.statusCode === 202) resolve();
      else reject(new Error(`The answer was ${response.statusCode}.`));
      response.resume();
    });
    outgoing.once('error', reject).end(body);
  });
}

answerParent({ send });
