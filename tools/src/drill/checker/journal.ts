/** An event that the client heard a 202 for, as the client wrote it down. */
export interface AcceptedEvent {
  id: string;
  /** Its Idempotency-Key. */
  key: string;
  type: string;
  /** Events of one story are about one person, one order or one appointment, and were sent one after the other. */
  story: string;
  step: number;
  /** The e-mail address, which no other story has. */
  person: string;
  /** By the client's clock. */
  acceptedAt: number;
  orderId?: string;
  /** Of an appointment that is not cancelled. */
  start?: string;
}

/** What the client knows, whatever Posthorn says. */
export interface Journal {
  accepted: readonly AcceptedEvent[];
  /** Sent again and again and never accepted. */
  unanswered: number;
  /** Answers that no repetition would have changed. */
  refused: readonly string[];
  /** One Idempotency-Key with two answers. */
  contradictions: readonly string[];
}
