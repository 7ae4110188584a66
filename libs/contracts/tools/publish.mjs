// Writes to published/ what it lacks of the catalogue, and never over anything. Run it as `npm run publish-schemas`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { publicationOf } from '../dist/published/published.schemas.js';

const folder = new URL('../published/', import.meta.url);
mkdirSync(folder, { recursive: true });
const { missing, broken } = publicationOf(new Map(readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))])));
for (const reason of broken) console.error(reason);
if (broken.length > 0) process.exit(1);
for (const [name, document] of missing) {
  writeFileSync(new URL(name, folder), `${JSON.stringify(document, undefined, 2)}\n`, { flag: 'wx' });
  console.log(`published ${name}`);
}
if (missing.size === 0) console.log('Everything is published already.');
