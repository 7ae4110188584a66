import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { HttpReply } from '@posthorn/http';
import type { SandboxConfig } from '../config.js';
import { SANDBOX_CONFIG } from '../tokens.js';
import { sendPage, sendPageWithForm } from './page.reply.js';
import { callbackPage, callbackThanks } from './pages/callback.page.js';

/** The one form that does without us: the browser sends it straight to Posthorn, as a static page's would. */
@Controller('callback')
export class CallbackController {
  constructor(@Inject(SANDBOX_CONFIG) private readonly config: SandboxConfig) {}

  @Get()
  form(@Res() reply: HttpReply): HttpReply {
    const { ingressUrl, websiteSite } = this.config.section;
    const action = new URL(`/v1/forms/${websiteSite}.callback`, ingressUrl).href;
    const script = new URL('/posthorn.js', ingressUrl).href;
    return sendPageWithForm(reply, callbackPage({ action, script }), action);
  }

  @Get('thanks')
  thanks(@Res() reply: HttpReply): HttpReply {
    return sendPage(reply, callbackThanks());
  }
}
