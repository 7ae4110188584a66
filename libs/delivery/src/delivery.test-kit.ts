export { IMPATIENT, type DeliveryOnRecord, type IntegrationUnderTest, type RunningIntegration, startIntegration, type Surroundings } from './integration/integration.test-kit.js';
export { type SimulatedProvider, startSandbox, type TestSandbox } from './integration/sandbox.test-kit.js';
