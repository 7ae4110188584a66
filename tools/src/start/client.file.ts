import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import type { Stack } from './stack.js';

/** Tells `npx posthorn` where this stack is and with which keys. Only its owner may read it. */
export function writeClientFile(file: string, { urls, keys }: Pick<Stack, 'urls' | 'keys'>): void {
  const faces = {
    ingress: { url: urls['ingress'], key: keys.site },
    audit: { url: urls['audit'], key: keys.auditor },
    console: { url: urls['console'], key: keys.operator },
  };
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(faces, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
