import { Injectable } from '@nestjs/common';
import { type ErasedDeliveries, type Eraser } from '@posthorn/delivery';
import { type Transaction } from '@posthorn/persistence';
import { type MailTransport } from '../mail/mail.transport.js';

/** What was mailed cannot be called back: there is nobody to ask, and the certificate of the erasure says how much it was. */
@Injectable()
export class MailEraser implements Eraser<MailTransport> {
  async forget(tx: Transaction, eventIds: readonly string[], { delivered, uncertain }: ErasedDeliveries): Promise<Record<string, number>> {
    await tx.query('DELETE FROM appointment_revisions WHERE event_id = ANY ($1::uuid[])', [eventIds]);
    return { mailsSent: delivered, mailsPerhapsSent: uncertain };
  }
}
