import { type Provider, type Type } from '@nestjs/common';
import { type EventType } from '@posthorn/contracts';
import { typesOf } from '../delivers.decorator.js';
import { ErasureHandler } from './erasure.handler.js';
import { ErasureProgress } from './erasure.progress.js';
import { ErasureStore } from './erasure.store.js';
import { Erasures } from './erasures.service.js';
import { ERASER, type Eraser } from './eraser.js';
import { Oblivion } from './oblivion.js';

export { ErasureHandler } from './erasure.handler.js';
export type { ErasedDeliveries, Eraser } from './eraser.js';

export const ERASURE_PROVIDERS: Provider[] = [ErasureHandler, ErasureStore, ErasureProgress, Oblivion, Erasures];

/** A service without an eraser has nothing to erase but what the engine keeps. */
export function eraserProviders(eraser: Type<Eraser<never>> | undefined): Provider[] {
  return eraser === undefined ? [{ provide: ERASER, useValue: {} satisfies Eraser }] : [eraser, { provide: ERASER, useExisting: eraser }];
}

/** All that a service takes: what its handlers deliver, and what is to be forgotten of it. */
export function typesTaken(handlers: readonly object[]): EventType[] {
  return typesOf([...handlers, ErasureHandler]);
}
