import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The script as browsers get it: one file, as small as it can be, for every browser of the last years. */
export async function bundle() {
  const input = fileURLToPath(new URL('../src/page/main.ts', import.meta.url));
  const built = await rolldown({ input, platform: 'browser', transform: { target: 'es2020' } });
  const { output } = await built.generate({ format: 'iife', minify: true });
  await built.close();
  return output[0].code;
}
