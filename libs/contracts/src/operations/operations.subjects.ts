/**
 * What operators ask and order, over request–reply. Every replica of every service that delivers hears each; `service`
 * in the question narrows it to one. Only the console has the right to ask.
 */
export const OPERATIONS = {
  connections: 'posthorn.operations.connections',
  deliveries: 'posthorn.operations.deliveries',
  redeliver: 'posthorn.operations.redeliver',
  redelivery: 'posthorn.operations.redelivery',
  isolate: 'posthorn.operations.isolate',
  release: 'posthorn.operations.release',
  check: 'posthorn.operations.check',
} as const;
