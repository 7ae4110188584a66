import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type AskedKeyKind, type KeysAnswer, keysQuestion, keysSubject, MAX_KEYS_ANSWERED } from '@posthorn/contracts';
import { ONE_REPLICA } from '@posthorn/messaging';
import { KeyStore } from './key.store.js';

/** Tells audit the auditors' keys, and the console the operators': digests and what they grant, no secrets. */
@Controller()
export class KeysResponder {
  constructor(private readonly store: KeyStore) {}

  @MessagePattern(keysSubject('auditor'), ONE_REPLICA)
  auditors(@Payload() question: unknown): Promise<KeysAnswer> {
    return this.answer('auditor', question);
  }

  @MessagePattern(keysSubject('operator'), ONE_REPLICA)
  operators(@Payload() question: unknown): Promise<KeysAnswer> {
    return this.answer('operator', question);
  }

  private async answer(kind: AskedKeyKind, question: unknown): Promise<KeysAnswer> {
    const { after = '' } = keysQuestion.parse(question);
    const found = await this.store.ofKind(kind, after, MAX_KEYS_ANSWERED + 1);
    const keys = found.slice(0, MAX_KEYS_ANSWERED).map(({ id, sha256, rights: { scopes, sites, personalData, export: exports }, expiresAt }) => ({
      id, sha256, scopes, sites, personalData, export: exports, expiresAt: expiresAt?.toISOString(),
    }));
    return { keys, more: found.length > MAX_KEYS_ANSWERED };
  }
}
