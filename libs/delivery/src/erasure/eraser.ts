import { type PosthornEvent } from '@posthorn/contracts';
import { type Transaction } from '@posthorn/persistence';
import { type DeliveryCall, type DeliveryResult } from '../delivery.handler.js';

/** Of the deliveries that are being forgotten, how many had taken effect, and of how many nobody knows. */
export interface ErasedDeliveries {
  readonly delivered: number;
  readonly uncertain: number;
}

type Facts = NonNullable<DeliveryResult['facts']>;

/** What a service must do to forget events, beyond what is done for every service: its inbox and its deliveries. */
export interface Eraser<Port = unknown> {
  /**
   * Erases at a connection's provider what the events brought there, and whom they are about. Called when nothing of
   * them is under way there, under the guard, and again until it succeeds: what is gone already is a success. Throws the
   * four provider errors only.
   */
  erase?(events: readonly PosthornEvent[], call: DeliveryCall<Port>): Promise<Pick<DeliveryResult, 'outcome' | 'facts'>>;
  /** Erases what the service's own tables have of the events, in the transaction that erases the rest, and tells what a certificate should say. */
  forget?(tx: Transaction, eventIds: readonly string[], deliveries: ErasedDeliveries): Promise<Facts>;
}

/** Token of the service's eraser. */
export const ERASER = Symbol('posthorn:eraser');
