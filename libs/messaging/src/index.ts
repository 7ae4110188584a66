export { AnswerServer, answerStrategy, ONE_REPLICA } from './answer.server.js';
export { Inquiry, type AskManyOptions } from './inquiry.js';
export { JetStreamPublisher, type OutgoingMessage, type PublishResult } from './jetstream.publisher.js';
export { JetStreamServer, type ConsumerSubscription, type JetStreamServerOptions } from './jetstream.server.js';
export { connectMessaging, type MessagingConnections } from './messaging.connect.js';
export { MessageEraser, type MessageErasure } from './message.eraser.js';
export { InquiryError, MessagingError, MessagingUnavailableError, PublishError, TopologyError } from './messaging.error.js';
export { MessagingModule } from './messaging.module.js';
export { inboxPrefix, type MessagingOptions } from './messaging.options.js';
export { NatsConnectionProvider } from './nats-connection.provider.js';
export { natsAuthorization, natsPermissions, type NatsPermissions, type NatsUser, type ServiceAccess } from './nats-permissions.js';
export { OriginalErrorFilter } from './original-error.filter.js';
export { JetStreamContext, type ReceivedMessage } from './received.message.js';
export { StreamSubscribers } from './stream.subscribers.js';
export {
  DEFAULT_ACK_WAIT_MS,
  STREAMS,
  streamNamed,
  type ConsumerDefinition,
  type OwnTopology,
  type StreamDefinition,
  type Topology,
  type TopologyReport,
} from './topology.definitions.js';
export { ensureTopology, provisionConsumer, type AdminConnection } from './topology.provisioning.js';
export { TopologyWatchdog } from './topology.watchdog.js';
