// Writes generated/ anew from the catalogue. Run it as `npm run generate`, which builds the catalogue first.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { generatedDocuments } from '../dist/index.js';

const folder = new URL('../generated/', import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, content] of generatedDocuments()) writeFileSync(new URL(name, folder), content);
