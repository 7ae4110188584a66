import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Describe, type HttpReply, type HttpRequest, Uncounted } from '@posthorn/http';
import { HASHED_NAME, SCRIPT_HASH, scriptFor } from './script.file.js';
import { SHOW_EXACT_SCRIPT, SHOW_SCRIPT } from './script.openapi.js';

/** A page that names no version has a new one within minutes, and is shown the old one while it is fetched. */
const SHORT = 'public, max-age=300, stale-while-revalidate=86400';
const FOREVER = 'public, max-age=31536000, immutable';

/** `GET /posthorn.js`: the script for web pages. */
@Controller()
export class ScriptController {
  @Get('posthorn.js')
  @Uncounted()
  @Describe(SHOW_SCRIPT)
  newest(@Req() request: HttpRequest, @Res() reply: HttpReply): void {
    this.send(request, reply, SHORT);
  }

  /**
   * By its hash, so that it can be kept for good. After an upgrade the old name leads to the new script, briefly: a page
   * goes on working, unless it has said with `integrity` that it wants no other.
   */
  @Get('posthorn.:hash([0-9a-f]{16}).js')
  @Uncounted()
  @Describe(SHOW_EXACT_SCRIPT)
  exactly(@Param('hash') hash: string, @Req() request: HttpRequest, @Res() reply: HttpReply): void {
    this.send(request, reply, hash === SCRIPT_HASH ? FOREVER : SHORT);
  }

  private send({ headers }: HttpRequest, reply: HttpReply, caching: string): void {
    const { encoding, bytes } = scriptFor(headers['accept-encoding']?.toString());
    const etag = `"${SCRIPT_HASH}${encoding === undefined ? '' : `-${encoding}`}"`;
    reply.headers({
      'cache-control': caching,
      etag,
      vary: 'Accept-Encoding',
      // Where the same bytes have a name for good.
      'content-location': `/${HASHED_NAME}`,
      // For pages of any origin, and readable to them: `integrity` asks for that.
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
    });
    if (headers['if-none-match']?.split(',').some((known) => known.trim().replace(/^W\//, '') === etag) === true) {
      void reply.code(304).send();
      return;
    }
    if (encoding !== undefined) reply.header('content-encoding', encoding);
    void reply.code(200).header('content-type', 'text/javascript; charset=utf-8').send(bytes);
  }
}
