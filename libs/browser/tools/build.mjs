// Makes dist/index.js: the script as a text, so that it is a part of whatever is bundled with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { bundle } from './bundle.mjs';

const dist = new URL('../dist/', import.meta.url);
mkdirSync(dist, { recursive: true });
writeFileSync(new URL('index.js', dist), `export const POSTHORN_JS = ${JSON.stringify(await bundle())};\n`);
