import { caldav, dav, document, element, text } from './dav-xml.writer.js';

/** A WebDAV error: a status and, where the RFC names one, the precondition that failed. */
export class DavError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly condition?: { name: string; content?: string },
  ) {
    super(message);
  }

  body(): string {
    const { name, content } = this.condition ?? {};
    const precondition = name ? element(name, content) : '';
    return document(dav('error'), `${precondition}${element(dav('responsedescription'), text(this.message))}`);
  }
}

export function preconditionFailed(name: string, message: string, content?: string): DavError {
  return new DavError(403, message, { name: caldav(name), ...(content && { content }) });
}
