import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ConnectionRegistry } from '@posthorn/delivery';
import { type MailTransport } from './mail.transport.js';

/** Ends the idle connections to mail servers, when no delivery is under way any more. */
@Injectable()
export class MailTransportShutdown implements OnApplicationShutdown {
  constructor(private readonly connections: ConnectionRegistry) {}

  onApplicationShutdown(): void {
    // The registry holds what PROVIDERS created: mail transports.
    for (const { provider } of this.connections.all()) (provider as MailTransport).close();
  }
}
