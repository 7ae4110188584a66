import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import type { Stack } from './stack.js';

/** Tells `npx posthorn` where this stack is and with which keys. Only its owner may read it. */
export function writeClientFile(file: string, { urls, keys }: Pick<Stack, 'urls' | 'keys'>, verifierKeys: readonly string[]): void {
  const faces = {
    ingress: { url: urls['ingress'], key: keys.site, operatorKey: keys.operator },
    // Whoever starts a log is its operator: from them an auditor has the keys, and never from the log itself.
    audit: { url: urls['audit'], key: keys.auditor, verifierKeys },
    console: { url: urls['console'], key: keys.operator },
  };
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(faces, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** Below whose signature the log stands, as its own operator asks for it right after the start. */
export async function verifierKeysOf(auditUrl: string): Promise<readonly string[]> {
  const answer = await fetch(`${auditUrl}/v1/log`, { signal: AbortSignal.timeout(5_000) });
  return ((await answer.json()) as { verifierKeys: string[] }).verifierKeys;
}
