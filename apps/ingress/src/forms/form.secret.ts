import { createHmac } from 'node:crypto';

export const FORM_SECRET = Symbol('FORM_SECRET');

/** Of the secret that signs the links in mails, so that nothing signed for one can stand for the other. */
export function formSecretOf(linkSecret: string): Buffer {
  return createHmac('sha256', linkSecret).update('posthorn-form\0').digest();
}
