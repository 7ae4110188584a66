import { ConnectionControls } from './connection.controls.js';
import { ConnectionReports } from './connection.reports.js';
import { CredentialsCheck } from './credentials.check.js';
import { DeliveryListing } from './delivery.listing.js';
import { OperatorOutcomes } from './operator.outcomes.js';
import { Redeliveries } from './redeliveries.service.js';
import { RedeliveryStore } from './redelivery.store.js';
import { ThroughputMeter } from './throughput.meter.js';

export { OperationsController } from './operations.controller.js';

/** What answers operators and carries out their orders. */
export const OPERATIONS_PROVIDERS = [
  OperatorOutcomes,
  ConnectionControls,
  ThroughputMeter,
  ConnectionReports,
  DeliveryListing,
  CredentialsCheck,
  RedeliveryStore,
  Redeliveries,
];
