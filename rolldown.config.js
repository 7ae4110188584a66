import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

// A service is two thousand small files, and finding and compiling each of them was four fifths of the work of a
// start. What a service runs is therefore three: its programs, what is ours below them, and the packages.
const dist = join(process.cwd(), 'dist');
const programs = ['main', 'provision', 'fsck'].filter((name) => existsSync(join(dist, `${name}.js`)));

export default defineConfig({
  input: Object.fromEntries(programs.map((name) => [name, join(dist, `${name}.js`)])),
  platform: 'node',
  // Nest asks for it by name with createRequire, which a bundle cannot see: inside it would be there twice.
  external: [/^@nats-io\//],
  plugins: [
    {
      name: 'traces-lead-to-our-sources',
      load: (file) => (existsSync(`${file}.map`) && isOurs(file) ? { code: readFileSync(file, 'utf8'), map: readFileSync(`${file}.map`, 'utf8') } : null),
      // Node reads a map when it loads the file. The packages' is as large as they are, and nobody debugs in it.
      generateBundle(_options, bundle) {
        delete bundle['packages.js.map'];
        bundle['packages.js'].code = bundle['packages.js'].code.replace(/\/\/# sourceMappingURL=.*\s*$/, '');
      },
    },
  ],
  onLog(level, log, report) {
    // Of its optional packages Nest, TypeORM and pg load those that are installed.
    if (log.code !== 'UNRESOLVED_IMPORT' || isOurs(log.id ?? '')) report(level, log);
  },
  output: {
    dir: join(dist, 'bundle'),
    cleanDir: true,
    keepNames: true,
    sourcemap: true,
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'packages', test: /[\\/]node_modules[\\/]/ }, { name: 'ours', test: /[\\/](libs|apps)[\\/]/, minShareCount: 2 }] },
  },
});

function isOurs(file) {
  return !/[\\/]node_modules[\\/]/.test(file);
}
