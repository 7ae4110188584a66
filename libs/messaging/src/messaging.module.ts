import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Inquiry } from './inquiry.js';
import { JetStreamPublisher } from './jetstream.publisher.js';
import { MessageEraser } from './message.eraser.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging.options.js';
import { NatsConnectionProvider } from './nats-connection.provider.js';
import { StreamSubscribers } from './stream.subscribers.js';
import { TopologyWatchdog } from './topology.watchdog.js';

/** One connection, the publisher and the inquiry for the whole process. Needs ObservabilityModule. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      providers: [{ provide: MESSAGING_OPTIONS, useValue: options }, NatsConnectionProvider, JetStreamPublisher, Inquiry, MessageEraser, StreamSubscribers, TopologyWatchdog],
      exports: [NatsConnectionProvider, JetStreamPublisher, Inquiry, MessageEraser, StreamSubscribers, TopologyWatchdog],
    };
  }
}
