import { launch } from '@posthorn/http';
import { runCheck } from './checking/check.program.js';
import { loadAuditCheck } from './config.js';

// For an operator, in the environment of the service: after a restore, or when in doubt. It changes nothing.
await launch(async () => {
  process.exitCode = await runCheck(loadAuditCheck(), { out: process.stdout, error: process.stderr });
});
