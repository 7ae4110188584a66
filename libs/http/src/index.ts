export { Caller, RequireKey, RequireScope } from './api-key.guard.js';
export { createHttpApp, type HttpAppOptions } from './http-app.factory.js';
export { type ApiKey, type ApiKeyEntry, type Grant, KeyRing, keySha256 } from './key.ring.js';
export { Problem, type BadField, type ProblemOptions } from './problem.error.js';
export { problemOf } from './problem.translation.js';
export { launch, runService, shutDown, type RunOptions } from './service.runner.js';
export type { HttpReply, HttpRequest } from './http.types.js';
