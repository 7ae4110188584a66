import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@posthorn/testing';
import { type QueueRow, WordPressSite } from './wordpress.site.js';

/** The Posthorn that the website sends to. */
export interface PosthornForWordPress {
  /** Where the website thinks that ingress is. */
  url: string;
  /** May submit events, and nothing else. */
  key: string;
  away: () => Promise<void>;
  back: () => Promise<void>;
  /** The events of people whose address has this in it. */
  received: (mark: string) => Promise<ReceivedEvent[]>;
}

export interface ReceivedEvent {
  id: string;
  type: string;
  data: { person?: Record<string, string>; message?: string; consent?: { purposes: string[] }; [more: string]: unknown };
}

export interface WordPressFinding {
  complaints: string[];
  /** What happened, and how often. */
  table: [string, string][];
}

const PATIENCE = { timeoutMs: 30_000, everyMs: 100 };
const DECISION = 'value="posthorn_failed"';

/** From the activation of the plugin to its removal, through an outage of Posthorn. */
export class WordPressTrial {
  private readonly site = new WordPressSite();
  private readonly complaints: string[] = [];
  private readonly table: [string, string][] = [];
  private readonly mark = `wp${Date.now().toString(36)}`;
  private addresses = 0;

  constructor(
    private readonly posthorn: PosthornForWordPress,
    private readonly progress: (line: string) => void,
  ) {}

  async run(waiting: number): Promise<WordPressFinding> {
    try {
      this.progress('starting MariaDB and WordPress');
      await this.site.start();
      await this.setUp();
      await this.everyKind();
      await this.refused();
      await this.outage(waiting);
      await this.lostAnswer();
      await this.forgotten();
      await this.removed();
      this.complaints.push(...this.site.complaints());
      return { complaints: this.complaints, table: this.table };
    } finally {
      await this.site.stop();
    }
  }

  private async setUp(): Promise<void> {
    await this.site.logIn();
    await this.site.activate();
    const sources = ['contact-form-7', 'wpforms', 'comments', 'accounts', 'woocommerce'];
    const settings = { url: this.posthorn.url, forms_as: 'lead.submitted', consent_field: 'offers', consent_purposes: 'offers-by-mail', consent_wording: '2026-11', 'sources][': sources };
    const named = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`posthorn_settings[${name}]`, value]));
    const page = await this.site.submitSettings('posthorn-url', { ...named, posthorn_key: this.posthorn.key });
    this.expect(page.includes(`••••${this.posthorn.key.slice(-4)}`), 'The page does not show that there is a key.');
    this.expect(!page.includes(this.posthorn.key), 'The page shows the key.');
    const tested = await this.site.submitSettings('value="posthorn_test"', {});
    this.expect(tested.includes('It works'), 'The test of the connection does not say that it works.');
    this.progress('the plugin is set up, and its connection tested');
  }

  /** One of each, with Posthorn there: nobody has to wait for cron. */
  private async everyKind(): Promise<void> {
    const [form, other, commenter, member, buyer] = [this.address(), this.address(), this.address(), this.address(), this.address()];
    await this.site.standIn('contact-form-7', { email: form });
    await this.site.standIn('wpforms', { email: other });
    await this.site.comment(commenter);
    await this.site.register(member);
    await this.site.standIn('customer', { email: member });
    await this.site.standIn('order', { email: buyer, id: '727', currency: 'EUR' });
    const rows = await this.untilSent(6);
    const events = await this.untilReceived(6);
    const of = (email: string, type: string): ReceivedEvent['data'][] => events.filter((event) => event.type === type && event.data.person?.['email'] === email).map(({ data }) => data);
    this.same(of(form, 'lead.submitted').map(({ message, form: name, page, consent }) => [message, name, page, consent?.purposes]), [['Do you teach\nevening classes? 🎩\n\nbest-time: in the morning\noffers: 1', 'Contact', 'https://acme.example/contact', ['offers-by-mail']]], 'Contact Form 7');
    this.same(of(other, 'lead.submitted').map(({ message, form: name }) => [message, name]), [['Gardens', 'Enquiry']], 'WPForms, and no password');
    this.same(of(commenter, 'form.submitted').map(({ form: name }) => name), ['comment'], 'a comment');
    this.same(of(member, 'customer.updated').map(({ person }) => person?.['company']), [undefined, 'Analytical Engines'], 'a registration, then the customer of the shop');
    const line = { sku: 'CLASS-1', name: 'Evening class – autumn', quantity: 2, price: '29.90' };
    this.same(of(buyer, 'order.paid'), [{ orderId: 'W-727', total: { amount: '59.80', currency: 'EUR' }, lines: [line], person: { email: buyer, name: 'Ada Lovelace' } }], 'an order that is said to be paid three times');
    this.same(rows.map(({ body, person }) => body + person).join(''), '', 'what is sent loses its content');
    this.same(rows.map(({ event_id: id }) => id).sort(), events.map(({ id }) => id).sort(), 'the ids of what is sent');
    this.note('comment, registration, forms, order, customer', `${events.length} events, each once`);
  }

  private async refused(): Promise<void> {
    await this.site.standIn('order', { email: this.address(), id: '728', currency: 'ZZZ' });
    const failed = (rows: QueueRow[]): QueueRow[] => rows.filter(({ state }) => state === 'failed');
    const rows = await waitFor(async () => nonEmpty(failed(await this.site.standIn('queue'))), { ...PATIENCE, describe: 'an order in no currency to be refused' });
    this.expect(rows[0]?.reason.includes('/data/total/currency') === true, `Why it was refused is not said: ${rows[0]?.reason}`);
    const page = await this.site.submitSettings('value="again"', {});
    this.expect(/id="posthorn-failed">1</.test(page) && page.includes('/data/total/currency'), 'The page does not show what was refused, or why.');
    await this.site.submitSettings('value="discard"', {});
    this.same(failed(await this.site.standIn('queue')), [], 'what was deleted');
    this.note('an event that is not valid', 'kept with the reason, shown, deleted by hand');
  }

  private async outage(waiting: number): Promise<void> {
    const before = (await this.posthorn.received(this.mark)).length;
    await this.posthorn.away();
    const began = performance.now();
    for (let sent = 0; sent < waiting; sent += 1) await this.site.standIn('contact-form-7', { email: this.address() });
    const each = (performance.now() - began) / waiting;
    const rows = await waitFor(async () => tried(await this.site.standIn('queue'), waiting), { ...PATIENCE, describe: 'the queue to keep what Posthorn cannot take' });
    const page = await this.site.settingsPage();
    this.expect(page.includes(`id="posthorn-waiting">${waiting}<`) && page.includes('id="posthorn-trouble"'), 'The page does not show what waits, or why.');
    this.progress(`Posthorn is away: ${rows.length} wait`);
    await this.posthorn.back();
    await this.site.standIn('due');
    await Promise.all([this.site.cron(), this.site.cron(), this.site.standIn('run'), this.site.standIn('run')]);
    await this.untilSent(rows.length);
    this.same((await this.untilReceived(before + waiting)).length, before + waiting, 'the events after an outage');
    this.note('while Posthorn was away', `${waiting} enquiries, ${each.toFixed(0)} ms each for the visitor`);
    this.note('when it was back, with cron and others at once', 'each arrived, and once');
  }

  private async lostAnswer(): Promise<void> {
    const before = (await this.posthorn.received(this.mark)).length;
    await this.site.standIn('lose-answers', { id: '1' });
    await this.site.standIn('contact-form-7', { email: this.address() });
    await this.untilReceived(before + 1);
    await waitFor(async () => tried(await this.site.standIn('queue'), 1), { ...PATIENCE, describe: 'the website to give up on the answer' });
    await this.site.standIn('lose-answers', { id: '0' });
    await this.site.submitSettings(DECISION, { what: 'all' });
    await this.untilSent(1);
    this.same((await this.posthorn.received(this.mark)).length, before + 1, 'what was sent twice, because the answer was lost');
    this.note('an answer that was lost', 'sent again, one event');
  }

  private async forgotten(): Promise<void> {
    await this.posthorn.away();
    const email = this.address();
    await this.site.standIn('contact-form-7', { email });
    const said = await this.site.standIn<{ exporters: { data: unknown[] }; erasers: { items_removed: number } }>('privacy', { email: email.toUpperCase() });
    await this.posthorn.back();
    this.same([said.exporters.data.length, said.erasers.items_removed], [1, 1], 'what is exported and erased');
    this.expect(!JSON.stringify(await this.site.standIn('queue')).includes(email), 'Whoever was erased is still in the queue.');
    this.note('somebody who is erased in WordPress', 'gone from the queue');
  }

  private async removed(): Promise<void> {
    const left = await this.site.standIn<{ key: unknown; table: unknown }>('uninstall');
    this.same([left.key, left.table], [false, 'wp_posthorn_queue'], 'the key and the queue after the plugin is deleted');
    this.note('the plugin is deleted', 'the key is gone, the queue stays unless told otherwise');
  }

  /** Until everything is sent, and at least so much. */
  private untilSent(least: number): Promise<QueueRow[]> {
    let last: QueueRow[] = [];
    return waitFor(
      async () => {
        last = await this.site.standIn('queue');
        return last.length >= least && last.every(({ state }) => state === 'sent') ? last : undefined;
      },
      { ...PATIENCE, describe: () => `the queue to be sent: ${JSON.stringify(last.filter(({ state }) => state !== 'sent').map(({ type, state, attempts, reason }) => ({ type, state, attempts, reason })))}` },
    );
  }

  private untilReceived(count: number): Promise<ReceivedEvent[]> {
    let last: ReceivedEvent[] = [];
    return waitFor(
      async () => {
        last = await this.posthorn.received(this.mark);
        return last.length >= count ? last : undefined;
      },
      { ...PATIENCE, describe: () => `${count} events, of which there are ${last.length}` },
    );
  }

  private address(): string {
    this.addresses += 1;
    return `${this.mark}-${this.addresses}@example.com`;
  }

  private expect(holds: boolean, complaint: string): void {
    if (!holds) this.complaints.push(complaint);
  }

  private same(found: unknown, wanted: unknown, what: string): void {
    this.expect(isDeepStrictEqual(found, wanted), `${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }

  private note(what: string, became: string): void {
    this.table.push([what, became]);
    this.progress(`${what}: ${became}`);
  }
}

/** Those that wait, once one of them was tried and all of them are there. */
function tried(rows: QueueRow[], count: number): QueueRow[] | undefined {
  const waiting = rows.filter(({ state }) => state === 'waiting');
  return waiting.length === count && waiting.some(({ reason }) => reason !== '') ? waiting : undefined;
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
