import { runSuite } from './suite.js';

process.exit(await runSuite(process.argv.slice(2)));
