import { Inject, Injectable } from '@nestjs/common';
import { type PosthornEvent } from '@posthorn/contracts';
import { Inbox } from '@posthorn/ledger';
import { PermanentError } from '@posthorn/resilience';
import { type DeliveryCall, type DeliveryHandler, type DeliveryResult } from '../delivery.handler.js';
import { Delivers } from '../delivers.decorator.js';
import { ERASE_PERSON, ERASURE } from './erasure.names.js';
import { idsIn } from './erasure.request.js';
import { ERASER, type Eraser } from './eraser.js';

/** Has a provider erase what the events of a request brought there. Who that is, the service's own inbox knows. */
@Injectable()
@Delivers({ types: ERASURE, action: ERASE_PERSON, unknown: 'retry' })
export class ErasureHandler implements DeliveryHandler<typeof ERASURE> {
  constructor(
    private readonly inbox: Inbox,
    @Inject(ERASER) private readonly eraser: Eraser,
  ) {}

  orderingKey(event: PosthornEvent<typeof ERASURE>): string {
    return event.id;
  }

  async deliver(event: PosthornEvent<typeof ERASURE>, call: DeliveryCall<unknown>): Promise<DeliveryResult> {
    const events = await this.inbox.find(idsIn(event));
    const result = await this.eraser.erase?.(events.filter(({ erased }) => erased !== true), call);
    if (result === undefined) throw new PermanentError('NO_ERASER', 'This version of the service erases nothing at providers.', { remedy: 'Redeliver it with a version that does.' });
    return result;
  }
}
