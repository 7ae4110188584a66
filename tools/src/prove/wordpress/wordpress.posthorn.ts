import { randomUUID } from 'node:crypto';
import type { ReceivedEvent } from './wordpress.stage.js';

/** As the how-to has it made: it may submit events, and nothing else. */
export async function keyForWordPress(ingress: string, operatorKey: string): Promise<string> {
  const answer = await fetch(`${ingress}/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: `wordpress-${randomUUID()}`, kind: 'secret', site: 'acme', scopes: ['events:write'] }),
  });
  if (answer.status !== 201) throw new Error(`There is no key for WordPress: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { secret: string }).secret;
}

/** What the audit log has of people whose address has the mark in it, the oldest first. */
export async function receivedEvents(audit: string, auditorKey: string, mark: string): Promise<ReceivedEvent[]> {
  const found: ReceivedEvent[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = new URLSearchParams({ kind: 'event', site: 'acme', limit: '500', ...(cursor === undefined ? {} : { cursor }) });
    const answer = await fetch(`${audit}/v1/entries?${query.toString()}`, { headers: { authorization: `Bearer ${auditorKey}` } });
    if (!answer.ok) throw new Error(`The audit log answered ${answer.status}: ${await answer.text()}`);
    const page = (await answer.json()) as { entries: ReceivedEvent[]; next: string | null };
    found.push(...page.entries.filter(({ data }) => data.person?.['email']?.startsWith(`${mark}-`) === true));
    cursor = page.next;
  }
  return found.reverse();
}
