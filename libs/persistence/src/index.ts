export { Database, type DatabaseHooks, type Transaction } from './database.service.js';
export { DatabaseUnavailableError } from './database-unavailable.error.js';
export { MicroBatcher, type MicroBatcherOptions } from './micro-batcher.js';
export { PersistenceModule } from './persistence.module.js';
export type { DatabaseOptions } from './postgres-pool.js';
export { plainArray } from './plain.array.js';
export { prepared, type PreparedStatement } from './prepared.statement.js';
export { type MigrationClass, ownerOf, provisionSchema, type SchemaProvisioning } from './schema-provisioning.js';
