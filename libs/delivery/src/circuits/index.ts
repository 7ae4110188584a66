import { CircuitStore } from './circuit.store.js';
import { CredentialsWatch } from './credentials.watch.js';
import { SharedCircuits } from './shared.circuits.js';

/** What lets replicas be of one mind about a connection's provider. */
export const CIRCUIT_PROVIDERS = [CircuitStore, SharedCircuits, CredentialsWatch];
