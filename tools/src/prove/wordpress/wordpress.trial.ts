import { waitFor } from '@posthorn/testing';
import type { QueueRow } from './wordpress.site.js';
import { DECISION, PATIENCE, type ReceivedEvent, tried, type WordPressFinding, WordPressStage } from './wordpress.stage.js';

/** From the activation of the plugin to its removal, through an outage of Posthorn. */
export class WordPressTrial extends WordPressStage {
  async run(waiting: number): Promise<WordPressFinding> {
    try {
      this.progress('starting MariaDB and WordPress');
      await this.site.start();
      await this.setUp();
      await this.everyKind();
      await this.refused();
      await this.wrongKey();
      await this.copied();
      await this.outage(waiting);
      await this.lostAnswer();
      await this.forgotten();
      await this.reckoned();
      await this.removed();
      this.complaints.push(...this.site.complaints());
      return { complaints: this.complaints, table: this.table };
    } catch (error) {
      // What was complained of before tells more than what was waited for in vain.
      if (this.complaints.length === 0) throw error;
      return { complaints: [...this.complaints, String(error)], table: this.table };
    } finally {
      await this.site.stop();
    }
  }

  private async setUp(): Promise<void> {
    await this.site.logIn();
    await this.site.activate();
    const refused = await this.save('ph_operator_of-somebody-else', 'http://events.acme.example');
    this.expect(refused.includes('must begin with https://') && refused.includes('one of the kind'), 'An address that is read on the way and a key of an operator are not refused.');
    const page = await this.save(this.posthorn.key);
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

  private async wrongKey(): Promise<void> {
    const before = (await this.posthorn.received(this.mark)).length;
    await this.save(`${this.posthorn.key.slice(0, -1)}${this.posthorn.key.endsWith('0') ? '1' : '0'}`);
    const tested = await this.site.submitSettings('value="posthorn_test"', {});
    this.expect(tested.includes('does not take the key'), 'The test of the connection does not say that the key is wrong.');
    await this.site.standIn('contact-form-7', { email: this.address() });
    const [row] = await waitFor(async () => tried(await this.site.standIn('queue'), 1), { ...PATIENCE, describe: 'the key to be refused' });
    this.expect(row?.reason.startsWith('key-mistyped') === true, `Why nothing is sent is not said: ${row?.reason}`);
    await this.save(this.posthorn.key);
    await this.site.submitSettings(DECISION, { what: 'all' });
    await this.untilSent(1);
    this.same((await this.untilReceived(before + 1)).length, before + 1, 'what waited for a key');
    this.note('a wrong key', 'waits for the right one, and is no failure');
  }

  private async copied(): Promise<void> {
    const before = (await this.posthorn.received(this.mark)).length;
    await this.site.standIn('copy');
    await this.site.standIn('contact-form-7', { email: this.address() });
    await this.site.standIn('run');
    const rows = await this.site.standIn('queue');
    this.same(rows.filter(({ state }) => state !== 'sent').map(({ state, attempts }) => [state, attempts]), [['waiting', '0']], 'what a copy of the website tries to send');
    this.expect((await this.site.settingsPage()).includes('it may be a copy'), 'The page does not say that this is a copy.');
    // Nobody sends now, so that it can be seen who gets it.
    this.same(await this.site.standIn<boolean[]>('claims'), [true, false], 'whether the first and the second who ask for one row get it');
    // An empty field keeps the key.
    await this.save('');
    await this.site.standIn('run');
    await this.untilSent(1);
    await this.untilReceived(before + 1);
    this.note('a copy of the website', 'silent until somebody saves its settings');
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

  /** Every event that Posthorn has is one that the website knows of: of what was sent twice, it would know one. */
  private async reckoned(): Promise<void> {
    const rows = await this.untilSent(1);
    const events = await this.untilReceived(rows.length);
    this.same(events.map(({ id }) => id).sort(), rows.map(({ event_id: id }) => id).sort(), 'the events at the end');
    this.note('in all', `${rows.length} sent, ${events.length} in the audit log, the same ones`);
  }

  private async removed(): Promise<void> {
    const left = await this.site.standIn<{ key: unknown; table: unknown }>('uninstall');
    this.same([left.key, left.table], [false, 'wp_posthorn_queue'], 'the key and the queue after the plugin is deleted');
    this.note('the plugin is deleted', 'the key is gone, the queue stays unless told otherwise');
  }
}

function nonEmpty<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
