import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { HttpRequest } from '@posthorn/http';
import { MicroBatcher } from '@posthorn/persistence';
import type { Acceptance, Once } from '../accepting/acceptance.service.js';
import { type Incumbent, QuarantineStore } from '../quarantine/quarantine.store.js';
import { CHALLENGE_FIELD } from '../spam/form.signs.js';
import type { FormFields } from './form.body.js';
import { FORM_SECRET } from './form.secret.js';
import type { Form } from './form.settings.js';

/** Whoever presses a button twice does it within this time. */
export const WINDOW_MS = 10_000;

interface Key {
  site: string;
  key: string;
}

/** Makes one event of a form that is sent twice. */
@Injectable()
export class FormOnce {
  private readonly underWay = new Map<string, Promise<Acceptance>>();
  /** Forms that arrive together share one question, as their events share one commit. */
  private readonly questions = new MicroBatcher<Key[], Incumbent[]>({ maxBatch: 500, concurrency: 2, run: (asked) => this.incumbents(asked) });

  constructor(
    private readonly known: QuarantineStore,
    @Inject(FORM_SECRET) private readonly secret: Buffer,
  ) {}

  /**
   * Runs `accept` with the key to accept under, or answers what became of the same form before: for good where it
   * carries a key of its own (`_idempotency`), and otherwise for ten seconds and the same browser. Other content is
   * always another event: people correct what they wrote.
   */
  async run(submission: { form: Form; fields: FormFields; request: HttpRequest }, accept: (once: Once) => Promise<Acceptance>, now = Date.now()): Promise<Acceptance> {
    const { form } = submission;
    const own = submission.fields.get('_idempotency')?.[0] ?? '';
    const digest = this.digest(submission, own);
    const before = this.underWay.get(digest);
    if (before !== undefined) return { ...(await before), replayed: true };
    const window = own === '' ? Math.floor(now / WINDOW_MS) : undefined;
    const result = this.once(form, digest, window, now, accept);
    this.underWay.set(digest, result);
    return result.finally(() => this.underWay.delete(digest));
  }

  private async once(form: Form, digest: string, window: number | undefined, now: number, accept: (once: Once) => Promise<Acceptance>): Promise<Acceptance> {
    // With a space, which no Idempotency-Key of a site can have.
    const keyOf = (part: string): string => `form ${digest} ${part}`;
    const idempotencyKey = keyOf(window === undefined ? 'own' : String(window));
    const keys = window === undefined ? [idempotencyKey] : [idempotencyKey, keyOf(String(window - 1))];
    // Held, it counts as well: who sends it twice is answered alike.
    const before = await this.questions.add(keys.map((key) => ({ site: form.site, key })));
    const same = before.find(({ receivedAt }) => window === undefined || now - receivedAt.getTime() < WINDOW_MS);
    if (same !== undefined) return { id: same.id, acceptedAt: same.receivedAt, replayed: true };
    return accept({ idempotencyKey, content: digest });
  }

  private async incumbents(asked: readonly Key[][]): Promise<Incumbent[][]> {
    const found = Map.groupBy(await this.known.incumbents(asked.flat()), nameOf);
    return asked.map((keys) => keys.flatMap((key) => found.get(nameOf(key)) ?? []));
  }

  // Keyed, because an address could be found from its plain digest by trying them all. Fields for ourselves are no
  // content: a token is fetched anew when the same form is sent again.
  private digest({ form, fields, request }: { form: Form; fields: FormFields; request: HttpRequest }, own: string): string {
    const content = [...fields].filter(([name]) => !name.startsWith('_') && name !== CHALLENGE_FIELD);
    const visitor = own === '' ? [request.ip, request.headers['user-agent']] : [own];
    return createHmac('sha256', this.secret).update(JSON.stringify([form.id, visitor, content])).digest('base64url');
  }
}

const nameOf = ({ site, key }: Key): string => `${site} ${key}`;
