import 'reflect-metadata';
import { launch, runService } from '@posthorn/http';
import { readConfig } from './config.js';
import { createSandbox } from './sandbox.app.js';

await launch(async () => {
  const config = readConfig();
  await runService(await createSandbox(config), config.http);
});
