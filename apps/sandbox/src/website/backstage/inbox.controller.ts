import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { Problem, type HttpReply } from '@posthorn/http';
import { readMail } from '../../mail/mail.reader.js';
import { MailboxStore, type ReceivedMail } from '../../mail/mailbox.store.js';
import { sendFragment, sendPage } from '../page.reply.js';
import { inboxList, inboxPage } from './inbox.page.js';

/** A mail is a stranger's markup: it gets an origin of its own, no scripts, and nothing from the network. */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'";

@Controller('inbox')
export class InboxController {
  constructor(private readonly mailbox: MailboxStore) {}

  @Get()
  list(@Res() reply: HttpReply): HttpReply {
    return sendPage(reply, inboxPage(this.mailbox.all()));
  }

  @Get('list')
  newest(@Query('open') open: string | undefined, @Res() reply: HttpReply): HttpReply {
    return sendFragment(reply, inboxList(this.mailbox.all(), open));
  }

  /** By Message-ID, which is what the email service knows a mail by. */
  @Get('find')
  find(@Query('message') messageId: string | undefined, @Res() reply: HttpReply): HttpReply {
    const bare = (id: string | undefined): string => (id ?? '').replace(/^<|>$/g, '');
    const found = this.mailbox.all().find((mail) => bare(mail.messageId) === bare(messageId));
    return reply.redirect(found ? `/inbox/${found.id}` : '/inbox', 303);
  }

  @Get(':id')
  async read(@Param('id') id: string, @Res() reply: HttpReply): Promise<HttpReply> {
    const mail = this.mail(id);
    return sendPage(reply, inboxPage(this.mailbox.all(), { mail, read: await readMail(mail) }));
  }

  @Get(':id/body')
  async body(@Param('id') id: string, @Res() reply: HttpReply): Promise<HttpReply> {
    const { html } = await readMail(this.mail(id));
    return reply
      .header('content-security-policy', MAIL_POLICY)
      .type('text/html; charset=utf-8')
      .send(`<base target="_blank">${html ?? ''}`);
  }

  @Get(':id/attachments/:index')
  async attachment(@Param('id') id: string, @Param('index') index: string, @Res() reply: HttpReply): Promise<HttpReply> {
    const { attachments } = await readMail(this.mail(id));
    const found = attachments[Number(index)];
    if (!found) throw unknownMail();
    const filename = found.filename.replace(/[^\w.-]/g, '_');
    return reply
      .header('content-disposition', `attachment; filename="${filename}"`)
      .type('application/octet-stream')
      .send(found.content);
  }

  private mail(id: string): ReceivedMail {
    const mail = this.mailbox.find(id);
    if (!mail) throw unknownMail();
    return mail;
  }
}

function unknownMail(): Problem {
  return new Problem({ status: 404, code: 'unknown-mail', title: 'No such mail is in the inbox' });
}
