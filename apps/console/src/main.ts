import 'reflect-metadata';
import { createHttpApp, launch, runService } from '@posthorn/http';
import { AppModule } from './app.module.js';
import { loadConsoleConfig } from './config.js';
import { CONSOLE_API } from './console.api.js';

await launch(async () => {
  const config = loadConsoleConfig();
  await runService(await createHttpApp(AppModule.forRoot(config), { api: CONSOLE_API }), config.http);
});
