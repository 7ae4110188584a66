import type { Envelope } from '@posthorn/contracts';
import { BaseRpcContext } from '@nestjs/microservices';

/** What a handler gets. The envelope is parsed JSON and nothing more: its schema has not been checked. */
export interface ReceivedMessage {
  subject: string;
  envelope: Envelope<unknown>;
  /** 1 for the first delivery. */
  receivedCount: number;
}

/** The handler's second argument (`@Ctx()`). */
export class JetStreamContext extends BaseRpcContext<[readonly ReceivedMessage[], string]> {
  getMessages(): readonly ReceivedMessage[] {
    return this.args[0];
  }

  getStream(): string {
    return this.args[1];
  }
}
