export { ConfigurationError, type ConfigurationMistake } from './configuration.error.js';
export {
  loadConfig,
  loadProvisioning,
  type DatabaseAddress,
  type LoadOptions,
  type NatsAddress,
  type ProvisioningConfig,
  type ServiceConfig,
} from './service.configuration.js';
