import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const TYPES: Record<string, string> = {
  'shop.css': 'text/css; charset=utf-8',
  'backstage.css': 'text/css; charset=utf-8',
  'base.css': 'text/css; charset=utf-8',
  'site.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

export interface Asset {
  content: Buffer;
  type: string;
  hash: string;
}

const ASSETS = new Map<string, Asset>(
  Object.entries(TYPES).map(([name, type]) => {
    const content = readFileSync(new URL(`../website/assets/${name}`, import.meta.url));
    return [name, { content, type, hash: createHash('sha256').update(content).digest('hex').slice(0, 12) }];
  }),
);

export function findAsset(name: string): Asset | undefined {
  return ASSETS.get(name);
}

/** The address of a file, which changes with its content. */
export function asset(name: string): string {
  return `/assets/${name}?v=${ASSETS.get(name)?.hash ?? ''}`;
}
